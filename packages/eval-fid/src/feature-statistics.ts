import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { checkFinite, checkInt } from '@rectified-flow/core'
import { addOuterProducts } from './linalg/outer-products.js'
import type { Moments } from './moments.js'

/**
 * Count, mean and scatter of feature vectors, in float64, over any number of batches, merged from any number of shards.
 * How the samples are divided into batches and shards changes only the rounding. They are `Moments` of the samples so far.
 *
 *   scatter = sum of (x - mean)(x - mean)^T     the upper triangle, row by row
 *
 * @see Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances (1979)
 */
export class FeatureStatistics implements Moments {
  #count = 0
  readonly #mean: Float64Array
  readonly #scatter: Float64Array
  /** The covariance of the samples so far, once it was asked for. */
  #covariance: Float64Array | undefined

  /** @param dim  how many features a sample has (F) */
  constructor(readonly dim: number) {
    checkInt('eval-fid.FeatureStatistics', 'dim', dim, 1)
    this.#mean = new Float64Array(dim)
    this.#scatter = new Float64Array((dim * (dim + 1)) / 2)
  }

  /** How many samples were added. */
  get count(): number {
    return this.#count
  }

  /** Add samples. features [N,F], row-major, N >= 1. */
  add(features: ArrayLike<number>): void {
    const where = 'eval-fid.FeatureStatistics.add'
    const { dim } = this
    const n = features.length / dim
    if (!Number.isInteger(n) || n === 0)
      throw new RangeError(`${where}: features must hold N x ${dim} numbers, N >= 1, got ${features.length}.`)
    checkFinite(where, 'features', features)
    const mean = new Float64Array(dim)
    for (let i = 0; i < features.length; i++) mean[i % dim]! += features[i]! / n
    const rows = new Float64Array((n + 1) * dim)
    for (let i = 0; i < features.length; i++) rows[i] = features[i]! - mean[i % dim]!
    rows.set(this.#moveMean(n, mean), n * dim)
    addOuterProducts(this.#scatter, rows, dim)
  }

  /** Add the samples of other statistics, which are not changed. */
  merge(other: FeatureStatistics): void {
    if (other.dim !== this.dim)
      throw new RangeError(
        `eval-fid.FeatureStatistics.merge: other.dim must be ${this.dim}, got ${other.dim}.`,
      )
    if (other.#count === 0) return
    other.#scatter.forEach((value, i) => {
      this.#scatter[i]! += value
    })
    addOuterProducts(this.#scatter, this.#moveMean(other.#count, other.#mean), this.dim)
  }

  /** Mean [F] of the samples so far, a copy. */
  get mean(): Float64Array {
    return this.#mean.slice()
  }

  /** Covariance [F,F] of the samples so far, over N - 1 (ddof 1); don't write to it. Needs two samples. */
  get covariance(): Float64Array {
    this.#covariance ??= this.#covarianceOfAll()
    return this.#covariance
  }

  #covarianceOfAll(): Float64Array {
    const { dim } = this
    checkInt('eval-fid.FeatureStatistics.covariance', 'count', this.#count, 2)
    const covariance = new Float64Array(dim * dim)
    let from = 0
    for (let i = 0; i < dim; i++)
      for (let j = i; j < dim; j++) {
        const value = this.#scatter[from++]! / (this.#count - 1)
        covariance[i * dim + j] = value
        covariance[j * dim + i] = value
      }
    return covariance
  }

  /** The bytes of a safetensors file: count [], mean [F] and scatter [F(F+1)/2], all F64. */
  save(): Uint8Array {
    return writeSafetensors({
      count: { dtype: 'F64', shape: [], data: Float64Array.of(this.#count) },
      mean: { dtype: 'F64', shape: [this.dim], data: this.#mean },
      scatter: { dtype: 'F64', shape: [this.#scatter.length], data: this.#scatter },
    })
  }

  /** The statistics that `save` wrote. */
  static load(bytes: Uint8Array): FeatureStatistics {
    const where = 'eval-fid.FeatureStatistics.load'
    const { tensors } = readSafetensors(bytes)
    const [count, mean, scatter] = ['count', 'mean', 'scatter'].map(name => {
      const data = tensors.get(name)?.data
      if (!(data instanceof Float64Array)) throw new TypeError(`${where}: ${name} must be F64, got none.`)
      checkFinite(where, name, data)
      return data
    }) as [Float64Array, Float64Array, Float64Array]
    const loaded = new FeatureStatistics(mean.length)
    if (count.length !== 1) throw new RangeError(`${where}: count must be 1 number, got ${count.length}.`)
    checkInt(where, 'count', count[0]!, 0)
    if (scatter.length !== loaded.#scatter.length)
      throw new RangeError(
        `${where}: scatter must have ${loaded.#scatter.length} numbers for ${mean.length} features, got ${scatter.length}.`,
      )
    for (let i = 0, at = 0; i < loaded.dim; at += loaded.dim - i++)
      if (scatter[at]! < 0)
        throw new RangeError(`${where}: scatter must have squares >= 0, got ${scatter[at]} of feature ${i}.`)
    loaded.#count = count[0]!
    loaded.#mean.set(mean)
    loaded.#scatter.set(scatter)
    return loaded
  }

  /** Add n samples with this mean to count and mean. Returns the vector whose outer product the scatter still needs. */
  #moveMean(n: number, mean: Float64Array): Float64Array {
    this.#covariance = undefined
    const total = this.#count + n
    const apart = mean.map((value, i) => value - this.#mean[i]!)
    apart.forEach((value, i) => {
      this.#mean[i]! += (value * n) / total
    })
    const weight = Math.sqrt((this.#count * n) / total)
    this.#count = total
    return apart.map(value => value * weight)
  }
}
