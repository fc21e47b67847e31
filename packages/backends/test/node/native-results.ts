// Prints a hash of what native operations compute, for native-operations.test.ts.
import { createHash } from 'node:crypto'
import {
  adamEma,
  attention,
  conv2d,
  dropout,
  groupNormSilu,
  resample,
  squareSums,
  useBackend,
} from '@rectified-flow/backends'
import { createRng, drawNormal, indexedNormal } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel } from '../../src/kernels/run-kernel.js'

await useBackend('node')
const rng = createRng(1)
const hash = createHash('sha256')
const add = (...tensors: tf.Tensor[]) => {
  for (const tensor of tensors) hash.update(new Uint8Array(tensor.dataSync().buffer))
}
const images = (...shape: number[]) => rng.normal(shape) as tf.Tensor4D
const list = (size: number) => rng.normal([size]) as tf.Tensor1D

// few tiles and many, a panel that is half full, and products of pixels
for (const [shape, side, outputs] of [
  [[2, 7, 9, 32], 3, 48],
  [[5, 20, 20, 16], 3, 112],
  [[3, 16, 16, 48], 1, 80],
] as const) {
  const x = images(...shape)
  const filter = images(side, side, shape[3], outputs)
  const convolve = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
    conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D)
  const bias = list(outputs)
  add(convolve(x, filter, bias), ...tf.grads(convolve)([x, filter, bias]))
}

// many samples, and one whose channels are shared
for (const shape of [
  [9, 5, 5, 32],
  [1, 16, 16, 64],
]) {
  const c = shape[3]!
  const norm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, offset: tf.Tensor) =>
    groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
      groups: 8,
      offset: offset as tf.Tensor2D,
    })
  const inputs = [images(...shape), list(c), list(c), images(shape[0]!, c)]
  add(norm(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])), ...tf.grads(norm)(inputs))
}

const qkv = rng.normal([3, 49, 192]) as tf.Tensor3D
const heads = (x: tf.Tensor) => attention(x as tf.Tensor3D, { heads: 2 })
add(heads(qkv), tf.grad(heads)(qkv))

const x = images(3, 40, 40, 16)
add(dropout(x, 0.3, createRng(2)), drawNormal(createRng(3), [50_001]))
add(indexedNormal(createRng(5), [1, 2 ** 33], [99]), resample(x, 'up'), resample(x, 'down'))
const slot = () => tf.variable(list(30_001))
const slots = [{ weight: slot(), m: slot(), v: tf.variable(tf.square(list(30_001))), ema: slot() }]
adamEma(slots, [list(30_001)], { step: 3, learningRate: 0.1 })
add(squareSums([x, qkv]), ...slots.flatMap(slot => Object.values(slot)))

console.log(hasKernel('RandomNormal') ? hash.digest('hex') : 'no native operations')
