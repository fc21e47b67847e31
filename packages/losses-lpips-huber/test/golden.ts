import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSafetensors, toFloat32 } from '@rectified-flow/checkpoints'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

const directory = process.env.GOLDEN_DIR ?? join(import.meta.dirname, '../../../test/golden')

/** Tensors of a golden file, images as NHWC, and its metadata. */
export function golden(file: string) {
  const { tensors, metadata } = readSafetensors(readFileSync(join(directory, file)))
  const read = (name: string): tf.Tensor => {
    const host = tensors.get(name)
    if (!host) throw new Error(`${file} has no ${name}`)
    const tensor = tf.tensor(toFloat32(host), host.shape)
    return host.shape.length === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor
  }
  return { read, metadata }
}

/** Expect a gradient to agree to 1e-3 of its largest number; a share `kinks` of the places may differ by up to 5e-2 of it. */
export async function expectGradientClose(
  actual: tf.Tensor,
  expected: tf.Tensor,
  { kinks = 0 } = {},
): Promise<void> {
  const largest = tf.max(tf.abs(expected)).dataSync()[0]!
  const off = tf.greater(tf.abs(tf.sub(actual, expected)), 1e-3 * largest)
  expect(tf.mean(tf.cast(off, 'float32')).dataSync()[0]!).toBeLessThanOrEqual(kinks)
  await expectClose(actual, expected, { rtol: 0, atol: (kinks > 0 ? 5e-2 : 1e-3) * largest })
}
