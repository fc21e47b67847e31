import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { presets } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { convolutionError, PASSES } from '../../src/device/convolution-check.js'
import { convolutionShapes, worth } from '../../src/device/convolution-shapes.js'

beforeAll(async () => {
  await useBackend('cpu')
})

it.each([
  { side: 5, filter: 3, input: 3, out: 4 },
  { side: 4, filter: 1, input: 2, out: 5 },
])('tells right results of a convolution from wrong ones: $filter x $filter', async sizes => {
  const { side, filter, input, out } = sizes
  const shape = { ...sizes, batch: 2, layers: 1 }
  const rng = createRng(0)
  const [x, w, dy] = [
    rng.fork('x').normal([2, side, side, input]),
    rng.fork('w').normal([filter, filter, input, out]),
    rng.fork('dy').normal([2, side, side, out]),
  ] as tf.Tensor4D[] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const [y, [dx, dw]] = tf.tidy(() => {
    const convolve = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same')
    return [convolve(x, w), tf.grads(convolve)([x, w], dy)] as const
  })
  const results = { forward: y, 'input gradient': dx!, 'filter gradient': dw! }
  const numbers = {
    x: (await x.data()) as Float32Array,
    w: (await w.data()) as Float32Array,
    dy: (await dy.data()) as Float32Array,
  }
  for (const pass of PASSES) {
    const actual = (await results[pass].data()) as Float32Array
    const options = { rng: createRng(1), samples: 200 }
    expect(convolutionError(pass, shape, numbers, actual, options), pass).toBeLessThan(1e-6)
    const wrong = actual.map(value => value * 1.01)
    expect(convolutionError(pass, shape, numbers, wrong, options), pass).toBeGreaterThan(5e-3)
    const shifted = Float32Array.from(actual, (_, i) => actual[(i + 1) % actual.length]!)
    expect(convolutionError(pass, shape, numbers, shifted, options), pass).toBeGreaterThan(0.1)
  }
  tf.dispose([x, w, dy, y, dx!, dw!])
})

it('finds the convolutions of the CIFAR-10 network', () => {
  const shapes = convolutionShapes(presets.cifar10)
  expect(shapes[0]).toEqual({ side: 32, filter: 3, input: 256, out: 256, layers: 14 })
  expect(shapes).toContainEqual({ side: 8, filter: 3, input: 512, out: 256, layers: 5 })
  expect(shapes).toContainEqual({ side: 32, filter: 3, input: 256, out: 3, layers: 1 })
  const work = shapes.map(shape => shape.layers * worth(shape))
  expect(work).toEqual([...work].sort((a, b) => b - a))
})
