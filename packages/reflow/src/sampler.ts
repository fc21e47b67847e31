import { checkInt, checkOneOf, checkTensor, type Field } from '@rectified-flow/core'
import { euler, heun, type Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'

/** Where sampling starts: the networks' input scale is singular at t = 1. */
export const START_TIME = 1 - 1e-5

/** The grid of the paper's 2-step samples. */
export const TWO_STEP_GRID: readonly number[] = [START_TIME, 0.8, 0]

export interface SamplerOptions {
  /** Intervals of a uniform grid from START_TIME to 0. */
  steps?: number
  /** A grid of one's own instead: falling times in [0, 1]. */
  times?: readonly number[]
  method?: Method
  /**
   * How the state goes on from the data prediction x' of a step. 'euler': along the velocity.
   * 'reinterpolate': to (1 - t') x' + t' z with the initial noise z (the paper's "new" rule, section 4): the same
   * below 3 network calls, better up to about 5 on straightened flows.
   */
  rule?: 'euler' | 'reinterpolate'
}

/** What is known after a step. Tensors are borrowed: clone to keep. */
export interface SamplerState {
  /** State at time t, [B,...]. */
  x: tf.Tensor
  /** The data that the step's velocity pointed to, [B,...]. */
  prediction: tf.Tensor
  t: number
  /** Steps done, of how many. */
  step: number
  steps: number
  nfe: number
}

function gridOf(where: string, { steps = 1, times }: SamplerOptions): readonly number[] {
  if (!times) {
    checkInt(where, 'steps', steps, 1)
    return Array.from({ length: steps + 1 }, (_, i) => (i === 0 ? START_TIME : 1 - i / steps))
  }
  const falling = times.every((t, i) => t >= 0 && t <= 1 && (i === 0 || t < (times[i - 1] as number)))
  if (times.length < 2 || !falling)
    throw new RangeError(`${where}: times must be at least 2 falling numbers in [0, 1], got [${times}].`)
  return times
}

/**
 * Walk from noise to data one step at a time, so that the loop decides what happens between steps and may wait there.
 * The initial noise is scaled by the first time, as in the reference's sampler. A step that ends at t = 0 is an Euler
 * step whatever the method: a velocity made from a denoiser has no value there.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]
 * @param z      standard normal noise [B,...]
 */
export function* sampler(
  field: Field,
  z: tf.Tensor,
  { method = euler, rule = 'euler', ...grid }: SamplerOptions = {},
): Generator<SamplerState, void, undefined> {
  const where = 'reflow.sampler'
  checkTensor(where, 'z', z, ['B', '...'])
  checkOneOf(where, 'rule', rule, ['euler', 'reinterpolate'])
  const times = gridOf(where, grid)
  const steps = times.length - 1
  if (rule === 'reinterpolate' && method !== euler && method !== heun)
    throw new RangeError(
      `${where}: method must be euler or heun with rule 'reinterpolate', got ${method.name}.`,
    )
  const start = tf.mul(z, times[0] as number)
  let x: tf.Tensor = tf.clone(start)
  let nfe = 0
  try {
    for (let i = 0; i < steps; i++) {
      const [t, tNext] = [times[i] as number, times[i + 1] as number]
      const go: Go = { field, t, tNext, ...(rule === 'reinterpolate' && { start }) }
      const step = tf.tidy(() => {
        if (tNext === 0 || method === euler) return eulerStep(x, go)
        return method === heun ? heunStep(x, go) : anyStep(x, go, method)
      })
      x.dispose()
      x = step.x
      nfe += step.nfe
      try {
        yield { x, prediction: step.prediction, t: tNext, step: i + 1, steps, nfe }
      } finally {
        step.prediction.dispose()
      }
    }
  } finally {
    tf.dispose([x, start])
  }
}

interface Go {
  field: Field
  t: number
  tNext: number
  /** The initial state, where the rule is to go back to it. */
  start?: tf.Tensor
}

type SamplerStep = Pick<SamplerState, 'x' | 'prediction' | 'nfe'>

function velocityAt(field: Field, x: tf.Tensor, t: number): tf.Tensor {
  return field(x, tf.fill([x.shape[0] as number], t) as tf.Tensor1D)
}

/** From x at t with velocity v to tNext, by either rule. */
function move(x: tf.Tensor, v: tf.Tensor, { t, tNext, start }: Go): tf.Tensor {
  if (!start) return tf.add(x, tf.mul(v, tNext - t))
  return tf.add(tf.mul(tf.sub(x, tf.mul(v, t)), 1 - tNext), tf.mul(start, tNext))
}

function eulerStep(x: tf.Tensor, go: Go): SamplerStep {
  const v = velocityAt(go.field, x, go.t)
  return { x: move(x, v, go), prediction: tf.sub(x, tf.mul(v, go.t)), nfe: 1 }
}

/** Both of Heun's moves follow the rule; the prediction is that of its second call. */
function heunStep(x: tf.Tensor, go: Go): SamplerStep {
  const v = velocityAt(go.field, x, go.t)
  const trial = move(x, v, go)
  const vNext = velocityAt(go.field, trial, go.tNext)
  const prediction = tf.sub(trial, tf.mul(vNext, go.tNext))
  return { x: move(x, tf.mul(tf.add(v, vNext), 0.5), go), prediction, nfe: 2 }
}

/** The prediction follows the step's mean velocity down to t = 0. */
function anyStep(x: tf.Tensor, { field, t, tNext }: Go, method: Method): SamplerStep {
  const step = method.step(field, x, t, tNext)
  const prediction = tf.add(x, tf.mul(tf.sub(step.x, x), t / (t - tNext)))
  return { ...step, prediction }
}
