import { checkInt, type Rng } from '@rectified-flow/core'
import type { ImageBatch, ImageRows, ImageSource } from './image-source.js'
import { imageTensors } from './internal/image-tensors.js'

export interface BatchesOptions {
  /** Images in a batch. */
  batch?: number
  /** Which images, in which order; all of them, from the first, unless told. */
  order?: ArrayLike<number>
  /** Shuffles the order, anew in every epoch: that of epoch e depends on (rng, e) alone. */
  rng?: Rng
  /** How often to go through all; Infinity to train. */
  epochs?: number
  /** Leave out what is left at the end of an epoch when it is less than a batch. */
  dropLast?: boolean
  /** Batches that are read ahead while the caller works on one. */
  prefetch?: number
}

/**
 * Go through a source in batches. The next ones are being read and decoded while the caller works on one: never more
 * than `prefetch` of them, as bytes on the host. Tensors are made when a batch is asked for, and belong to the caller.
 *
 *     for await (const { x, labels } of batches(source, { batch: 64, rng, epochs: Infinity })) { ... tf.dispose([x, labels]) }
 */
export async function* batches(
  source: ImageSource,
  { batch = 64, order, rng, epochs = 1, dropLast = false, prefetch = 2 }: BatchesOptions = {},
): AsyncGenerator<ImageBatch, void, undefined> {
  const where = 'datasets.batches'
  checkInt(where, 'batch', batch, 1)
  checkInt(where, 'prefetch', prefetch, 0)
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
      rows.catch(() => {}) // thrown when its turn comes
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
  return imageTensors(source, await source.read(indices))
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
    const order = places ? places.map(place => all[place] as number) : Int32Array.from(all)
    for (let start = 0; start < order.length; start += batch) {
      if (dropLast && start + batch > order.length) break
      yield order.subarray(start, start + batch)
    }
  }
}
