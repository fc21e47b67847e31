import {
  batchOf,
  checkFunction,
  checkInt,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkRng,
  checkTensor,
  type Denoiser,
  drawNormal,
  type OptionNames,
  type Rng,
} from '@rectified-flow/core'
import { type KarrasOptions, karrasLevels, karrasNames } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'
import { type CompileOption, compileNames } from './walk.js'

export interface EdmSamplerOptions<X extends tf.Tensor = tf.Tensor> extends KarrasOptions, CompileOption {
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
  onStep?: (state: EdmSamplerState<X>) => void
}

const edmSamplerNames: OptionNames<EdmSamplerOptions> = {
  ...karrasNames,
  ...compileNames,
  steps: 'optional',
  method: 'optional',
  churn: 'optional',
  onStep: 'optional',
}

const churnNames: OptionNames<NonNullable<EdmSamplerOptions['churn']>> = {
  amount: 'required',
  sigmaMin: 'optional',
  sigmaMax: 'optional',
  scale: 'optional',
  rng: 'required',
}

/** The state after a step. Its tensors are borrowed: clone a tensor to keep it. */
export interface EdmSamplerState<X extends tf.Tensor = tf.Tensor> {
  /** State at noise level sigma, x_0 + sigma n, [B,...]. */
  x: X
  /** The step's last denoiser output [B,...]. */
  denoised: X
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
 * @param denoiser  x [B,...] and sigma [B] to [B,...]
 * @param z         standard normal noise [B,...]
 * @returns         samples [B,...], and the number of denoiser calls for each
 */
export function sampleEdm<X extends tf.Tensor>(
  denoiser: Denoiser<X>,
  z: X,
  options: EdmSamplerOptions<X> = {},
): { x: X; nfe: number } {
  const where = 'reflow.sampleEdm'
  checkOptions(where, options, edmSamplerNames)
  const {
    steps = 18,
    sigmaMin = 0.002,
    sigmaMax = 80,
    rho = 7,
    method = 'heun',
    churn,
    compile = true,
    onStep,
  } = options
  checkFunction(where, 'denoiser', denoiser)
  checkTensor(where, 'z', z, ['B', '...'])
  checkInt(where, 'steps', steps, 1)
  checkNumber(where, 'sigmaMin', sigmaMin, Number.MIN_VALUE)
  checkNumber(where, 'sigmaMax', sigmaMax, sigmaMin)
  checkNumber(where, 'rho', rho, 1)
  checkOneOf(where, 'method', method, ['heun', 'euler'])
  if (churn) {
    checkOptions(where, churn, churnNames, 'churn')
    checkRng(where, churn.rng)
    checkNumber(where, 'churn.amount', churn.amount, 0)
  }
  const levels = karrasLevels(steps, { rho, sigmaMin, sigmaMax })
  const estimate = compile ? compiledOnce(denoiser) : denoiser
  let nfe = 0
  const denoise: Denoise<X> = (x, sigma) => {
    nfe++
    const denoised = estimate(x, tf.fill([batchOf(x)], sigma))
    checkTensor(where, 'denoiser(x, sigma)', denoised, x.shape)
    return denoised
  }
  let x: X = tf.mul(z, sigmaMax)
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
  function churned(x: X, sigma: number, step: number): { x: X; sigma: number } {
    if (!churn || sigma < (churn.sigmaMin ?? 0) || sigma > (churn.sigmaMax ?? Infinity)) return { x, sigma }
    const raised = sigma * (1 + Math.min(churn.amount / steps, Math.SQRT2 - 1))
    const added = Math.sqrt(raised ** 2 - sigma ** 2) * (churn.scale ?? 1)
    const noise = drawNormal(churn.rng.fork(step), x.shape)
    return { x: tf.add(x, tf.mul(noise, added)), sigma: raised }
  }
}

type Denoise<X extends tf.Tensor> = (x: X, sigma: number) => X

/** A step along the line from x at `from` through its denoised image. Heun's correction averages the slopes of both ends. */
function edmStep<X extends tf.Tensor>(
  denoise: Denoise<X>,
  x: X,
  from: number,
  to: number,
  correct: boolean,
): { x: X; denoised: X } {
  const ratio = to / from
  const denoised = denoise(x, from)
  const next: X = tf.add(tf.mul(x, ratio), tf.mul(denoised, 1 - ratio))
  if (!correct) return { x: next, denoised }
  // x + (to - from) (d + d')/2 with d = (x - D)/from and d' = (next - D')/to, written as multiples of D, D' and next.
  const again = denoise(next, to)
  const slope = tf.mul(tf.sub(next, again), (to - from) / (2 * to))
  const half = tf.add(tf.mul(x, (1 + ratio) / 2), tf.mul(denoised, (1 - ratio) / 2))
  return { x: tf.add(half, slope), denoised: again }
}
