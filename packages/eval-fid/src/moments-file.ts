import { type HostTensor, type ReadNpzOptions, readNpz, writeNpz } from '@rectified-flow/checkpoints'
import { checkMoments, checkSemidefinite } from './check-moments.js'
import type { Moments } from './feature-statistics.js'

/** The statistics in a reference file. */
export interface ReferenceMoments {
  /** Moments of the features: `mu` and `sigma`. */
  features: Moments
  /** Moments of the spatial features, for sFID: `mu_s` and `sigma_s` of OpenAI's files. */
  spatial?: Moments
}

/**
 * Read reference statistics: an `.npz` with `mu` and `sigma`, as EDM, pytorch-fid and clean-fid write it, or OpenAI's, which
 * also has `mu_s` and `sigma_s` (its images, `arr_0`, are not read). float32 or float64. A `sigma` that is no covariance
 * beyond rounding is refused.
 */
export async function readMoments(
  bytes: Uint8Array,
  options: ReadNpzOptions = {},
): Promise<ReferenceMoments> {
  const arrays = await readNpz(bytes, options)
  const features = momentsOf(arrays, 'mu', 'sigma')
  if (!arrays.has('mu_s')) return { features }
  return { features, spatial: momentsOf(arrays, 'mu_s', 'sigma_s') }
}

function momentsOf(arrays: Map<string, HostTensor>, mu: string, sigma: string): Moments {
  const where = 'eval-fid.readMoments'
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

/** The bytes of an `.npz` file that EDM, pytorch-fid and clean-fid read; with `spatial`, OpenAI's evaluator too. */
export function writeMoments({ features, spatial }: ReferenceMoments): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>()
  const put = (mu: string, sigma: string, { mean, covariance }: Moments) => {
    tensors.set(mu, { dtype: 'F64', shape: [mean.length], data: mean })
    tensors.set(sigma, { dtype: 'F64', shape: [mean.length, mean.length], data: covariance })
  }
  put('mu', 'sigma', features)
  if (spatial) put('mu_s', 'sigma_s', spatial)
  return writeNpz(tensors)
}
