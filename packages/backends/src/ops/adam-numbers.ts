import { checkInt, checkNumber, checkOptions, checkTensor, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

export interface AdamOptions {
  /** Number of this update, from 1; it decides the bias correction. */
  step: number
  learningRate: number
  beta1?: number
  beta2?: number
  epsilon?: number
  /** Decay of the moving average of the weights. */
  emaDecay?: number
  /** Decoupled weight decay (AdamW): each step takes learningRate weightDecay of the weight away. */
  weightDecay?: number
  /** Multiplies the gradients before anything else. */
  factor?: number
}

const adamNames: OptionNames<AdamOptions> = {
  step: 'required',
  learningRate: 'required',
  beta1: 'optional',
  beta2: 'optional',
  epsilon: 'optional',
  emaDecay: 'optional',
  weightDecay: 'optional',
  factor: 'optional',
}

/**
 * The numbers of one Adam step as `adamEma` takes them [10]: factor, rate, epsilon, beta1, 1 - beta1, beta2, 1 - beta2,
 * emaDecay, 1 - emaDecay, shrink. Rate and epsilon have the bias correction in them (Kingma and Ba, end of section 2):
 *
 *   rate = learningRate sqrt(1 - beta2^step) / (1 - beta1^step)     epsilon = epsilon sqrt(1 - beta2^step)
 *   shrink = learningRate weightDecay
 *
 * They are computed here in float64: in float32, 1 - 0.999 is wrong by 1e-5 of itself. For the same reason the last number is
 * shrink and not 1 - shrink, of which float32 would keep two digits where shrink is 1e-6.
 */
export function adamNumbers(options: AdamOptions): Float32Array {
  checkOptions('backends.adamNumbers', options, adamNames)
  const {
    step,
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    emaDecay = 0.9999,
    weightDecay = 0,
    factor = 1,
  } = options
  checkInt('backends.adamNumbers', 'step', step, 1)
  const root = Math.sqrt(1 - beta2 ** step)
  const rate = (learningRate * root) / (1 - beta1 ** step)
  return Float32Array.of(
    factor,
    rate,
    epsilon * root,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    emaDecay,
    1 - emaDecay,
    learningRate * weightDecay,
  )
}

/** With these numbers a step changes nothing, whatever its gradients are. */
export const UNCHANGED: readonly number[] = [0, 0, 1, 1, 0, 1, 0, 1, 0, 0]

export interface StepInputs {
  /**
   * The numbers of two possible steps, with the scale of the loss as their factor [2,10]: row 0 if the step before changed the
   * weights, row 1 if it was skipped.
   */
  schedule: tf.Tensor2D
  /** 1 if the step before was skipped, else 0 [1]. */
  skipped: tf.Tensor1D
  /** Losses [B], and each gradient's sum of squares [n]: the step is skipped unless all are finite. */
  losses: tf.Tensor1D
  squares: tf.Tensor1D
}

/**
 * Decide on the device what an Adam step does, so that the host need not wait for the gradients. The numbers [10] are those of
 * the schedule's row, with a factor that divides by the scale of the loss and clips the norm of all gradients together; or, if
 * losses or squares are not finite, numbers that change nothing, and `skipped` [1] is 1.
 *
 * @param clipNorm  the largest norm; Infinity for none
 */
export function stepNumbers(
  { schedule, skipped, losses, squares }: StepInputs,
  clipNorm: number,
): { numbers: tf.Tensor1D; skipped: tf.Tensor1D } {
  const where = 'backends.stepNumbers'
  checkTensor(where, 'schedule', schedule, [2, UNCHANGED.length])
  checkTensor(where, 'skipped', skipped, [1])
  checkTensor(where, 'losses', losses, ['B'])
  checkTensor(where, 'squares', squares, ['n'])
  if (clipNorm !== Infinity) checkNumber(where, 'clipNorm', clipNorm, Number.MIN_VALUE)
  return tf.tidy(() => {
    if (hasKernel('StepNumbers'))
      return runKernel('StepNumbers', { schedule, skipped, losses, squares }, { clipNorm })
    const [applied, after] = tf.unstack(schedule) as [tf.Tensor1D, tf.Tensor1D]
    const row = tf.where(tf.cast(skipped, 'bool'), after, applied) // not gather, which reads its indices on tfjs-node
    const [scale, rest] = tf.split(row, [1, UNCHANGED.length - 1]) as [tf.Tensor1D, tf.Tensor1D]
    const total = tf.sum(squares)
    const finite = tf.isFinite(tf.add(total, tf.sum(losses)))
    const norm = tf.div(tf.sqrt(total), scale)
    const clip = clipNorm === Infinity ? 1 : tf.minimum(1, tf.div(clipNorm, norm))
    const given = tf.concat([tf.div(clip, scale), rest])
    return {
      numbers: tf.where(finite, given, tf.tensor1d([...UNCHANGED])) as tf.Tensor1D,
      skipped: tf.reshape(tf.sub(1, tf.cast(finite, 'float32')), [1]) as tf.Tensor1D,
    }
  })
}
