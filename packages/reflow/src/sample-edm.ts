import {
  checkInt,
  checkNumber,
  checkOneOf,
  checkTensor,
  type Denoiser,
  drawNormal,
  type Rng,
} from '@rectified-flow/core'
import { type KarrasOptions, karrasLevels } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'
import type { CompileOption } from './walk.js'

export interface EdmSamplerOptions extends KarrasOptions, CompileOption {
  /** Number of noise levels, without the last one, 0. heun calls the denoiser 2 steps - 1 times. */
  steps?: number
  method?: 'heun' | 'euler'
  /** Fresh noise in each step (S_churn, S_min, S_max, S_noise of the paper); none by default. */
  churn?: {
    /** Amount over all steps; a step uses at most sqrt(2) - 1. */
    amount: number
    /** The range of noise levels where fresh noise is added. */
    sigmaMin?: number
    sigmaMax?: number
    /** Standard deviation of the fresh noise. */
    scale?: number
    /** Step k draws from rng.fork(k). */
    rng: Rng
  }
  /** Called after each step. The tensors are borrowed. */
  onStep?: (state: EdmSamplerState) => void
}

/** The state after a step. Its tensors are borrowed: clone a tensor to keep it. */
export interface EdmSamplerState {
  /** State at noise level sigma, x_0 + sigma n, [B,H,W,C]. */
  x: tf.Tensor4D
  /** The step's last denoiser output [B,H,W,C]. */
  denoised: tf.Tensor4D
  sigma: number
  step: number
  steps: number
  nfe: number
}

/**
 * EDM's sampler (algorithms 1 and 2 of the paper): noise in, data out, by any denoiser. A teacher for pairs is
 * `z => sampleEdm(denoiser, z).x`, which depends only on z as long as there is no churn.
 *
 * The reference keeps its state in float64, this sampler in float32. It computes x' = r x + (1 - r) D with r = σ'/σ in place
 * of x + (σ' - σ) d, so that the rounding error of a state of size σ does not remain in the data.
 *
 * @param denoiser  x [B,H,W,C] and sigma [B] to [B,H,W,C]
 * @param z         standard normal noise [B,H,W,C]
 * @returns         samples [B,H,W,C], and the number of denoiser calls for each
 */
export function sampleEdm(
  denoiser: Denoiser,
  z: tf.Tensor4D,
  {
    steps = 18,
    sigmaMin = 0.002,
    sigmaMax = 80,
    rho = 7,
    method = 'heun',
    churn,
    compile = true,
    onStep,
  }: EdmSamplerOptions = {},
): { x: tf.Tensor4D; nfe: number } {
  const where = 'reflow.sampleEdm'
  checkTensor(where, 'z', z, ['B', 'H', 'W', 'C'])
  checkInt(where, 'steps', steps, 1)
  checkNumber(where, 'sigmaMin', sigmaMin, Number.MIN_VALUE)
  checkNumber(where, 'sigmaMax', sigmaMax, sigmaMin)
  checkNumber(where, 'rho', rho, 1)
  checkOneOf(where, 'method', method, ['heun', 'euler'])
  if (churn) checkNumber(where, 'churn.amount', churn.amount, 0)
  const levels = karrasLevels(steps, { rho, sigmaMin, sigmaMax })
  const estimate = compile ? compiledOnce(denoiser) : denoiser
  let nfe = 0
  const denoise: Denoise = (x, sigma) => {
    nfe++
    return estimate(x, tf.fill([x.shape[0]], sigma))
  }
  let x = tf.mul(z, sigmaMax) as tf.Tensor4D
  try {
    for (let i = 0; i < steps; i++) {
      const [from, sigma] = [levels[i]!, levels[i + 1]!]
      const next = tf.tidy(() => {
        const hat = churned(x, from, i)
        return edmStep(denoise, hat.x, hat.sigma, sigma, method === 'heun' && sigma > 0)
      })
      x.dispose()
      x = next.x
      try {
        onStep?.({ ...next, sigma, step: i + 1, steps, nfe })
      } finally {
        next.denoised.dispose()
      }
    }
    return { x, nfe }
  } catch (error) {
    x.dispose()
    throw error
  }

  /** With churn: x with fresh noise, at a higher noise level. Without: x. */
  function churned(x: tf.Tensor4D, sigma: number, step: number): { x: tf.Tensor4D; sigma: number } {
    if (!churn || sigma < (churn.sigmaMin ?? 0) || sigma > (churn.sigmaMax ?? Infinity)) return { x, sigma }
    const raised = sigma * (1 + Math.min(churn.amount / steps, Math.SQRT2 - 1))
    const added = Math.sqrt(raised ** 2 - sigma ** 2) * (churn.scale ?? 1)
    const noise = drawNormal(churn.rng.fork(step), x.shape)
    return { x: tf.add(x, tf.mul(noise, added)) as tf.Tensor4D, sigma: raised }
  }
}

type Denoise = (x: tf.Tensor4D, sigma: number) => tf.Tensor4D

/** A step along the line from x at `from` through its denoised image. Heun's correction averages the slopes of both ends. */
function edmStep(
  denoise: Denoise,
  x: tf.Tensor4D,
  from: number,
  to: number,
  correct: boolean,
): { x: tf.Tensor4D; denoised: tf.Tensor4D } {
  const ratio = to / from
  const denoised = denoise(x, from)
  const next = tf.add(tf.mul(x, ratio), tf.mul(denoised, 1 - ratio)) as tf.Tensor4D
  if (!correct) return { x: next, denoised }
  // x + (to - from) (d + d')/2 with d = (x - D)/from and d' = (next - D')/to, written as multiples of D, D' and next.
  const again = denoise(next, to)
  const slope = tf.mul(tf.sub(next, again), (to - from) / (2 * to))
  const half = tf.add(tf.mul(x, (1 + ratio) / 2), tf.mul(denoised, (1 - ratio) / 2))
  return { x: tf.add(half, slope) as tf.Tensor4D, denoised: again }
}
