import { conv2d } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { settle } from '../../backends.js'
import { type ConvolutionNumbers, convolutionError, PASSES, type Pass } from '../convolution-check.js'
import { type ConvolutionShape, convolutionShapes, worth } from '../convolution-shapes.js'
import type { Job } from '../job.js'
import { openDevice } from '../open-device.js'
import { batchOf, networkConfig } from '../sizes.js'
import { digits, timed } from '../timed.js'

/** The convolutions of the CIFAR-10 network with their gradients: errors against float64, and TFLOP/s. Most work first. */
export const convolutions =
  (precision: 'float32' | 'mixed'): Job =>
  async run => {
    await openDevice(run, { precision })
    const batch = batchOf(128, run.software)
    for (const shape of convolutionShapes(networkConfig('cifar10', run.software))) {
      const numbers = numbersOf(shape, batch)
      const tensors = tensorsOf(shape, batch, numbers)
      for (const pass of PASSES) {
        if (run.left() < 1) return run.record({ what: 'no time left', before: { pass, ...shape } })
        const actual = tf.tidy(() => compute[pass](tensors, shape))
        const error = convolutionError(
          pass,
          { ...shape, batch },
          numbers,
          (await actual.data()) as Float32Array,
          {
            rng: createRng(0),
            samples: pass === 'filter gradient' ? 60 : 1000,
          },
        )
        actual.dispose()
        let last: tf.Tensor | undefined
        const timing = await timed({
          run() {
            last?.dispose()
            last = tf.tidy(() => compute[pass](tensors, shape))
          },
          settle: () => settle('webgpu', [last!]),
          seconds: run.software ? 0 : 0.3,
        })
        last?.dispose()
        const TFLOPs = digits((2 * batch * worth(shape)) / timing.ms / 1e9)
        run.record({ precision, pass, batch, ...shape, error, TFLOPs, ...timing })
      }
      tf.dispose(tensors)
    }
  }

type Tensors = Record<'x' | 'w' | 'dy', tf.Tensor4D> & { bias: tf.Tensor1D }

const settings = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' }
const kernel = (name: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, { ...settings, ...attrs } as unknown as tf.NamedAttrMap)

const compute: Record<Pass, (tensors: Tensors, shape: ConvolutionShape) => tf.Tensor> = {
  forward: ({ x, w, bias }) => conv2d(x, w, bias),
  'input gradient': ({ x, w, dy }) =>
    kernel('Conv2DBackpropInput', { dy, filter: w }, { inputShape: x.shape }),
  'filter gradient': ({ x, w, dy }) => kernel('Conv2DBackpropFilter', { x, dy }, { filterShape: w.shape }),
}

function numbersOf({ side, filter, input, out }: ConvolutionShape, batch: number): ConvolutionNumbers {
  const rng = createRng(1)
  const pixels = batch * side ** 2
  return {
    x: repeated(rng.fork('x').normals(BLOCK), pixels * input),
    w: repeated(rng.fork('w').normals(BLOCK), filter ** 2 * input * out),
    dy: repeated(rng.fork('dy').normals(BLOCK), pixels * out),
  }
}

/** An odd number of random numbers, repeated: drawing all of them would take longer than to compute with them. */
const BLOCK = 99_991

function repeated(block: Float32Array, length: number): Float32Array {
  const all = new Float32Array(length)
  for (let at = 0; at < length; at += block.length) all.set(block.subarray(0, length - at), at)
  return all
}

function tensorsOf(
  { side, filter, input, out }: ConvolutionShape,
  batch: number,
  { x, w, dy }: ConvolutionNumbers,
): Tensors {
  return {
    x: tf.tensor4d(x, [batch, side, side, input]),
    w: tf.tensor4d(w, [filter, filter, input, out]),
    dy: tf.tensor4d(dy, [batch, side, side, out]),
    bias: tf.zeros<tf.Rank.R1>([out]), // as the layers have it, for the kernel with a bias
  }
}
