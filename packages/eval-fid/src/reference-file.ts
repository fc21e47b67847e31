import {
  type HostTensor,
  type ReadNpzOptions,
  readNpz,
  toFloat32,
  writeNpz,
} from '@rectified-flow/checkpoints'
import { checkOptions } from '@rectified-flow/core'
import { checkMoments, checkSemidefinite } from './check-moments.js'
import type { Reference } from './evaluate/evaluate.js'
import type { FeatureSet } from './feature-set.js'
import type { Kept } from './metric.js'
import type { Moments } from './moments.js'

/** A reference in a file always has moments. */
type FileReference = Pick<Kept, 'moments'> & Omit<Reference, 'logits'>

/**
 * Read the reference of `evaluate`: an `.npz` with `mu` and `sigma`, as EDM, pytorch-fid and clean-fid write it, or OpenAI's,
 * which also has `mu_s` and `sigma_s` (its images, `arr_0`, are not read), or `writeReference`'s, which may also have `features`
 * [N,F]. float32 or float64. A `sigma` that is no covariance beyond rounding is refused.
 */
export async function readReference(bytes: Uint8Array, options: ReadNpzOptions = {}): Promise<FileReference> {
  checkOptions<ReadNpzOptions>(where, options, { maxBytes: 'optional' })
  const arrays = await readNpz(bytes, options)
  const moments = momentsOf(arrays, 'mu', 'sigma')
  const samples = arrays.get('features')
  return {
    moments,
    ...(arrays.has('mu_s') && { spatial: momentsOf(arrays, 'mu_s', 'sigma_s') }),
    ...(samples && { samples: samplesOf(samples, moments.mean.length) }),
  }
}

const where = 'eval-fid.readReference'

function momentsOf(arrays: Map<string, HostTensor>, mu: string, sigma: string): Moments {
  const read = (name: string, rank: number, dim?: number): Float64Array => {
    const found = arrays.get(name)
    const wanted = Array(rank).fill(dim ?? 'F')
    const fits = found?.shape.length === rank && found.shape.every(size => size === (dim ?? size))
    if (!found || !fits)
      throw new RangeError(
        `${where}: ${name} must have shape [${wanted}], got ${found ? `[${found.shape}]` : 'none'}.`,
      )
    if (!(found.data instanceof Float64Array || found.data instanceof Float32Array))
      throw new TypeError(`${where}: ${name} must be F64 or F32, got ${found.dtype}.`)
    return Float64Array.from(found.data)
  }
  const mean = read(mu, 1)
  const moments = { mean, covariance: read(sigma, 2, mean.length) }
  checkMoments(where, { mean: mu, covariance: sigma }, moments)
  checkSemidefinite(where, sigma, moments.covariance)
  return moments
}

function samplesOf(features: HostTensor, dim: number): FeatureSet {
  const [samples = 0, columns] = features.shape
  if (features.shape.length !== 2 || columns !== dim)
    throw new RangeError(
      `${where}: features must have shape [N,${dim}], as many as mu has, got [${features.shape}].`,
    )
  return { data: toFloat32(features), shape: [samples, dim] }
}

/**
 * The bytes of an `.npz` file that EDM, pytorch-fid and clean-fid read; with `spatial`, OpenAI's evaluator too. `samples`, which
 * kernel distance, precision and recall need, are kept in float32.
 */
export function writeReference({ moments, spatial, samples }: FileReference): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>()
  const put = (mu: string, sigma: string, { mean, covariance }: Moments) => {
    tensors.set(mu, { dtype: 'F64', shape: [mean.length], data: mean })
    tensors.set(sigma, { dtype: 'F64', shape: [mean.length, mean.length], data: covariance })
  }
  put('mu', 'sigma', moments)
  if (spatial) put('mu_s', 'sigma_s', spatial)
  if (samples)
    tensors.set('features', {
      dtype: 'F32',
      shape: [...samples.shape],
      data: Float32Array.from(samples.data),
    })
  return writeNpz(tensors)
}
