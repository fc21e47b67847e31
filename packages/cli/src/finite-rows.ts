import { checkFinite } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/**
 * The rows of a batch on the host, [B,...] as B arrays. One read from the device for the whole batch.
 *
 * @param numbers  the number of each row, for the error
 * @throws NumericError 'non-finite' if a row isn't finite: written as bytes, NaN would be black without notice
 */
export async function finiteRows(
  where: string,
  what: string,
  numbers: readonly number[],
  x: tf.Tensor,
): Promise<Float32Array[]> {
  const data = (await x.data()) as Float32Array
  const size = data.length / numbers.length
  return numbers.map((number, i) => {
    const row = data.slice(i * size, (i + 1) * size)
    checkFinite(where, `${what} ${number}`, row)
    return row
  })
}
