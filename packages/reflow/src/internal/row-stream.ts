import type { Rng, Rows } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

const WHERE = 'reflow.Trainer'
/** Words that a stream makes at once; it can be moved by whole blocks only. */
const BLOCK = 4

/**
 * A stream for some rows of a batch. Where the whole batch would draw n numbers for each row, this stream draws n for each of
 * its rows, and they are the ones that these rows have in the whole batch. So dropout depends on a sample's place in the whole
 * batch, whichever rank computes it.
 *
 * @param batch  rows of the whole batch
 */
export function rowStream(rng: Rng, rows: Rows, batch: number): Rng {
  const { first, count } = rows

  /** Move the stream to these rows, draw there, and move it to where the whole batch would leave it. */
  const within = <Result>(n: number, draw: (lead: number) => Result): Result => {
    if (n % count !== 0)
      throw new RangeError(
        `${WHERE}: each draw from rng must give the same count of numbers to each of the ${count} samples of this rank, got ${n} numbers. ` +
          'Use a batch that gives each rank an even number of samples.',
      )
    const before = (n / count) * first
    const lead = before % BLOCK
    const blocks = (words: number) => Math.ceil(words / BLOCK)
    rng.reserve(before - lead)
    const drawn = draw(lead)
    const after = blocks((n / count) * batch) - blocks(before - lead) - blocks(lead + n)
    rng.reserve(after * BLOCK)
    return drawn
  }
  const uniforms = (n: number) => within(n, lead => rng.uniforms(lead + n).subarray(lead))
  const normals = (n: number) => within(n, lead => rng.normals(lead + n).subarray(lead))
  const tensor = (values: Float32Array, shape: readonly number[]) => tf.tensor(values, [...shape])

  return {
    uniforms,
    normals,
    integers: (n, below) => within(n, lead => rng.integers(lead + n, below).subarray(lead)),
    permutation(n) {
      throw new RangeError(`${WHERE}: rng must draw row by row on several ranks, got a permutation of ${n}.`)
    },
    uniform(shape, min = 0, max = 1) {
      const values = uniforms(tf.util.sizeFromShape([...shape]))
      return tensor(min === 0 && max === 1 ? values : values.map(u => min + (max - min) * u), shape) as never
    },
    normal: shape => tensor(normals(tf.util.sizeFromShape([...shape])), shape) as never,
    reserve: n =>
      within(n, lead => {
        if (lead === 0) return rng.reserve(n)
        throw new RangeError(
          `${WHERE}: on this backend a rank's random words must begin at a multiple of ${BLOCK}, got one past it by ${lead}. ` +
            `Use a batch that gives each rank a multiple of ${BLOCK} samples.`,
        )
      }),
    fork: key => rowStream(rng.fork(key), rows, batch),
  }
}
