import { compile } from '@rectified-flow/backends'
import { checkKind, checkOneOf, type Features } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Extractor, NetworkDescription } from '../extractor.js'
import type { FeatureSet } from '../feature-set.js'
import { FeatureStatistics } from '../feature-statistics.js'
import type { Kept, KeptName } from '../metric.js'

const NAMES: readonly KeptName[] = ['moments', 'spatial', 'samples', 'logits']

/** The data that a pass keeps. Statistics can be merged with those of other passes. */
export interface Passed extends Kept {
  moments: FeatureStatistics
  spatial: FeatureStatistics
}

/** What one network keeps of the images of a pass. */
export class Pass {
  readonly #extractor: Features | Extractor
  readonly #measure: ((batch: tf.Tensor4D) => Record<string, tf.Tensor2D>) & { dispose(): void }
  readonly #moments: FeatureStatistics | undefined
  #spatial: FeatureStatistics | undefined
  readonly #samples: Rows | undefined
  readonly #logits: Rows | undefined

  constructor(where: string, extractor: Features | Extractor, keep: readonly KeptName[]) {
    checkKind(where, 'extractor', extractor, 'an extractor such as readFidInception()', ['dim', 'extract'])
    for (const [i, name] of keep.entries()) checkOneOf(where, `keep[${i}]`, name, NAMES)
    const wanted = ['features', ...(['spatial', 'logits'] as const).filter(output => keep.includes(output))]
    const given = 'measure' in extractor ? extractor.outputs : ['features']
    for (const output of wanted)
      if (!given.includes(output))
        throw new RangeError(`${where}: extractor must give '${output}' to keep it, got ${given}.`)
    this.#extractor = extractor
    this.#measure = compile((batch: tf.Tensor4D) =>
      'measure' in extractor ? extractor.measure(batch, wanted) : { features: extractor.extract(batch) },
    )
    this.#moments = keep.includes('moments') ? new FeatureStatistics(extractor.dim) : undefined
    this.#samples = keep.includes('samples') ? new Rows() : undefined
    this.#logits = keep.includes('logits') ? new Rows() : undefined
  }

  /** Measure a batch [B,H,W,C], which is borrowed. */
  async add(batch: tf.Tensor4D): Promise<void> {
    const { features, logits, spatial } = await this.#outputs(batch)
    this.#moments?.add(features!.data)
    this.#samples?.add(features!)
    if (logits) this.#logits?.add(logits)
    if (!spatial) return
    this.#spatial ??= new FeatureStatistics(spatial.shape[1])
    this.#spatial.add(spatial.data)
  }

  /** All that was kept. At least one batch must have been added. */
  result(): { description: NetworkDescription } & Partial<Passed> {
    const extractor = this.#extractor
    return {
      description: 'description' in extractor ? extractor.description : { network: 'unnamed' },
      ...(this.#moments && { moments: this.#moments }),
      ...(this.#spatial && { spatial: this.#spatial }),
      ...(this.#samples && { samples: this.#samples.all() }),
      ...(this.#logits && { logits: this.#logits.all() }),
    }
  }

  dispose(): void {
    this.#measure.dispose()
  }

  /** The outputs of one batch, on the host. */
  async #outputs(batch: tf.Tensor4D): Promise<Partial<Record<string, FeatureSet>>> {
    let found: Record<string, tf.Tensor2D> = {}
    try {
      found = this.#measure(batch)
      const sets: Record<string, FeatureSet> = {}
      for (const [name, tensor] of Object.entries(found))
        sets[name] = { data: await tensor.data(), shape: tensor.shape }
      return sets
    } finally {
      tf.dispose(found)
    }
  }
}

/** Rows that come batch by batch. */
class Rows {
  readonly #parts: FeatureSet[] = []

  add(part: FeatureSet): void {
    this.#parts.push(part)
  }

  all(): FeatureSet {
    const columns = this.#parts[0]!.shape[1]
    const rows = this.#parts.reduce((sum, { shape }) => sum + shape[0], 0)
    const data = new Float32Array(rows * columns)
    let to = 0
    for (const part of this.#parts) {
      data.set(part.data, to)
      to += part.data.length
    }
    return { data, shape: [rows, columns] }
  }
}
