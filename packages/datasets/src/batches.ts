import {
  checkInt,
  checkKind,
  checkList,
  checkOptions,
  checkRng,
  type ImageBatch,
  type OptionNames,
  type Rng,
} from '@rectified-flow/core'
import type { ImageRows, ImageSource } from './image-source.js'
import { imageTensors } from './internal/image-tensors.js'

export interface BatchesOptions {
  /** Images in a batch. */
  batch?: number
  /** The indices of the images to read, in this order; by default all images, from the first. */
  order?: ArrayLike<number>
  /** Shuffles the order, differently in each epoch: the order of epoch e depends on (rng, e) alone. */
  rng?: Rng
  /** How often to go through all images; Infinity for training. */
  epochs?: number
  /** Leave out the last batch of an epoch if it has fewer than `batch` images. */
  dropLast?: boolean
  /** How many batches are read ahead while the caller works on one. */
  prefetch?: number
}

const batchesNames: OptionNames<BatchesOptions> = {
  batch: 'optional',
  order: 'optional',
  rng: 'optional',
  epochs: 'optional',
  dropLast: 'optional',
  prefetch: 'optional',
}

/**
 * Go through a source in batches. While the caller works on one batch, at most `prefetch` of the next are read and decoded,
 * as bytes on the host. The tensors of a batch are made when the caller asks for it, and belong to the caller.
 *
 *     for await (const { x, labels } of batches(source, { batch: 64, rng, epochs: Infinity })) { ... tf.dispose([x, labels]) }
 */
export async function* batches(
  source: ImageSource,
  options: BatchesOptions = {},
): AsyncGenerator<ImageBatch, void, undefined> {
  const where = 'datasets.batches'
  checkOptions(where, options, batchesNames)
  const { batch = 64, order, rng, epochs = 1, dropLast = false, prefetch = 2 } = options
  checkInt(where, 'batch', batch, 1)
  checkInt(where, 'prefetch', prefetch, 0)
  checkSource(where, source)
  if (rng !== undefined) checkRng(where, rng)
  if (order !== undefined) checkList(where, 'order', order)
  if (epochs !== Infinity) checkInt(where, 'epochs', epochs, 1)
  const all = order ?? Int32Array.from({ length: source.count }, (_, i) => i)
  checkInt(where, 'order: its length', all.length, dropLast ? batch : 1)

  const plan = batchIndices(all, { batch, rng, epochs, dropLast })
  const queue: Promise<ImageRows>[] = []
  const readAhead = (most: number) => {
    while (queue.length < most) {
      const next = plan.next()
      if (next.done) return
      const rows = source.read(next.value)
      rows.catch(() => {}) // its error is thrown when this batch's turn comes
      queue.push(rows)
    }
  }
  try {
    for (;;) {
      readAhead(1)
      const first = queue.shift()
      if (!first) return
      readAhead(prefetch)
      yield imageTensors(source, await first)
    }
  } finally {
    await Promise.allSettled(queue) // so that the caller may close the source
  }
}

/** The images at these indices as tensors. */
export async function readBatch(source: ImageSource, indices: ArrayLike<number>): Promise<ImageBatch> {
  checkSource('datasets.readBatch', source)
  checkList('datasets.readBatch', 'indices', indices)
  return imageTensors(source, await source.read(indices))
}

function checkSource(where: string, source: ImageSource): void {
  checkKind(where, 'source', source, 'images such as those of openImages', ['count', 'read'])
}

function* batchIndices(
  all: ArrayLike<number>,
  {
    batch,
    rng,
    epochs,
    dropLast,
  }: { batch: number; rng: Rng | undefined; epochs: number; dropLast: boolean },
): Generator<Int32Array> {
  for (let epoch = 0; epoch < epochs; epoch++) {
    const places = rng?.fork(epoch).permutation(all.length)
    const order = places ? places.map(place => all[place]!) : Int32Array.from(all)
    for (let start = 0; start < order.length; start += batch) {
      if (dropLast && start + batch > order.length) break
      yield order.subarray(start, start + batch)
    }
  }
}
