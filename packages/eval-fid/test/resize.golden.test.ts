import { readFileSync } from 'node:fs'
import { readSafetensors } from '@rectified-flow/checkpoints'
import { resize } from '@rectified-flow/eval-fid'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'

const { tensors } = readSafetensors(readFileSync(new URL('golden/resize.safetensors', import.meta.url)))
const names = [...tensors.keys()].filter(key => key.startsWith('input/')).map(key => key.slice(6))

/** Resize `name` and keep as many rows and columns as the reference did. */
function resized(name: string, mode: 'clean' | 'legacy_pytorch', kept: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    const { data, shape } = tensors.get(`input/${name}`)!
    const [height, width] = name.split('-')[1]!.split('x').map(Number) as [number, number]
    const images = tf.tensor4d(Float32Array.from(data as Uint8Array), [
      1,
      ...(shape as [number, number, number]),
    ])
    const whole = tf.squeeze(resize(images, [height, width], { mode }), [0])
    const steps = [Math.ceil(height / kept[0]!), Math.ceil(width / kept[1]!), 1]
    return tf.stridedSlice(whole, [0, 0, 0], whole.shape, steps)
  })
}

// 1e-3 on the scale of 0..255, far above the error of rounding to float32 twice.
const close = { rtol: 0, atol: 1e-3 }

describe.each([
  ['clean', 'pillow'],
  ['legacy_pytorch', 'torch'],
] as const)('resize, %s', (mode, tool) => {
  it.each(names)(`agrees with ${tool} on %s`, async name => {
    const { data, shape } = tensors.get(`${tool}/${name}`)!
    await expectClose(resized(name, mode, shape), tf.tensor(data as Float32Array, shape), close)
  })
})
