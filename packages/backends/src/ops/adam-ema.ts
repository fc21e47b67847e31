import { checkKind, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'
import { type AdamOptions, adamNumbers, UNCHANGED } from './adam-numbers.js'

/** One weight tensor and the optimiser's state for it, all of one shape. */
export interface AdamSlot {
  weight: tf.Variable
  /** First and second moment of the gradient. */
  m: tf.Variable
  v: tf.Variable
  /** Exponential moving average of the weight. */
  ema: tf.Variable
}

const PARTS = ['weight', 'm', 'v', 'ema'] as const

/**
 * One Adam step of all slots (Kingma and Ba, algorithm 1; like PyTorch it adds epsilon to the root of the corrected moment),
 * then the moving average of the new weights. Updates the slots' variables. With a weight decay it is AdamW (Loshchilov and
 * Hutter, arXiv 1711.05101, algorithm 2):
 *
 *   weight = weight - (learningRate mHat / (sqrt(vHat) + epsilon) + learningRate weightDecay weight)
 *
 * @param gradients  one for each slot, with the shape of its tensors
 * @param numbers    options, or the numbers of `adamNumbers` or `stepNumbers` on the device [10]
 */
export function adamEma(
  slots: readonly AdamSlot[],
  gradients: readonly tf.Tensor[],
  numbers: AdamOptions | tf.Tensor1D,
): void {
  const where = 'backends.adamEma'
  const values = numbers instanceof tf.Tensor ? numbers : adamNumbers(numbers)
  checkKind(where, 'slots', slots, 'a list of { weight, m, v, ema }', ['length'])
  checkKind(where, 'gradients', gradients, 'a list of tensors', ['length'])
  if (gradients.length !== slots.length)
    throw new RangeError(
      `${where}: gradients must have one tensor for each of the ${slots.length} slots, got ${gradients.length}.`,
    )
  for (const [i, { weight }] of slots.entries())
    checkTensor(where, `gradients[${i}]`, gradients[i]!, weight.shape)
  tf.tidy(() => {
    const given = values instanceof tf.Tensor ? values : tf.tensor1d(values)
    checkTensor(where, 'numbers', given, [UNCHANGED.length])
    // WebGPU's kernel writes in place, and the more slots it has the more of them it does at once.
    const groups = tf.getBackend() === 'webgpu' ? [[0, slots.length] as const] : groupsOf(slots)
    for (const [first, end] of groups) {
      const some = slots.slice(first, end)
      tf.tidy(() => {
        const next = nextValues(some, gradients.slice(first, end), given)
        for (const [i, slot] of some.entries())
          for (const [part, name] of PARTS.entries()) slot[name].assign(next[PARTS.length * i + part]!)
      })
    }
  })
}

/** Slots that are updated at once: so many, and so many numbers, that a call costs little beside its work. */
const GROUP_SLOTS = 3
const GROUP_NUMBERS = 2 ** 20

/**
 * The first slot of each group, and that of the next. On some backends old and new values of a group are in memory at the same
 * time, so groups are small.
 */
function groupsOf(slots: readonly AdamSlot[]): [first: number, end: number][] {
  const groups: [number, number][] = []
  let first = 0
  let numbers = 0
  for (const [i, { weight }] of slots.entries()) {
    numbers += weight.size
    const count = i + 1 - first
    if (i + 1 < slots.length && (numbers < GROUP_NUMBERS || count % GROUP_SLOTS !== 0)) continue
    groups.push([first, i + 1])
    first = i + 1
    numbers = 0
  }
  return groups
}

/** The new weight, m, v and ema of each slot, one slot after the other. */
function nextValues(
  slots: readonly AdamSlot[],
  gradients: readonly tf.Tensor[],
  numbers: tf.Tensor1D,
): readonly tf.Tensor[] {
  if (hasKernel('AdamEma')) {
    const inputs = slots.flatMap(({ weight, m, v, ema }, i) => [weight, m, v, ema, gradients[i]!])
    return runKernel('AdamEma', [numbers, ...inputs], {})
  }
  const [factor, rate, epsilon, beta1, rest1, beta2, rest2, emaDecay, emaRest, shrink] = tf.unstack(
    numbers,
  ) as [...(tf.Scalar[] & { length: 10 })]
  return slots.flatMap(({ weight, m, v, ema }, i) => {
    // Where the factor is 0, the gradient may be NaN.
    const slope = tf.where(tf.notEqual(factor!, 0), tf.mul(gradients[i]!, factor!), 0)
    const mNext = tf.add(tf.mul(m, beta1!), tf.mul(slope, rest1!))
    const vNext = tf.add(tf.mul(v, beta2!), tf.mul(tf.square(slope), rest2!))
    const step = tf.div(tf.mul(mNext, rate!), tf.add(tf.sqrt(vNext), epsilon!))
    const weightNext = tf.sub(weight, tf.add(step, tf.mul(weight, shrink!)))
    const emaNext = tf.add(tf.mul(ema, emaDecay!), tf.mul(weightNext, emaRest!))
    return [weightNext, mNext, vNext, emaNext]
  })
}
