import { conv2d } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'

/**
 * A frozen layer: its output, and the gradient of its input given that of its output. Weights get no gradient, so a
 * convolution's backward pass doesn't need the input, and no tape is needed.
 */
export interface Layer {
  forward(x: tf.Tensor4D): tf.Tensor4D
  backward(dy: tf.Tensor4D, x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D
}

/** relu(filter * x + bias), filter [h,w,I,O]. */
export function convRelu(
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  { stride = 1, pad = 1 }: { stride?: number; pad?: number } = {},
): Layer {
  // tfjs-node's gradients don't take padding as numbers: it must be 'same', 'valid', or added before.
  const same = stride === 1 && filter.shape[0] === 2 * pad + 1
  const mode = same ? 'same' : 'valid'
  const margin: [number, number] = same ? [0, 0] : [pad, pad]
  const bare = same || pad === 0
  const extended = (x: tf.Tensor4D) => (bare ? x : tf.pad(x, [[0, 0], margin, margin, [0, 0]]))
  return {
    forward: x => tf.tidy(() => tf.relu(conv2d(extended(x), filter, bias, { strides: stride, pad: mode }))),
    backward: (dy, x, y) =>
      tf.tidy(() => {
        const [b, h, w, c] = x.shape
        const shape: tf.Tensor4D['shape'] = [b, h + 2 * margin[0], w + 2 * margin[0], c]
        const dConv = tf.mul(dy, tf.step(y)) as tf.Tensor4D
        const dx = tf.conv2dTranspose(dConv, filter, shape, stride, mode)
        return bare ? dx : tf.slice(dx, [0, pad, pad, 0], x.shape)
      }),
  }
}

/** 2x2 averages: the pooling with which 2-rectified flow++ trains VGG's features. A last odd row or column is left out. */
export const averagePool: Layer = {
  forward: x => tf.avgPool(x, 2, 2, 'valid'),
  backward: (dy, x) => pooled('AvgPoolGrad', { dy, input: x }, 2),
}

/** The maximum of size x size, with stride 2. With `ceil` a window may go over the edge, as with PyTorch's ceil_mode. */
export function maxPool(size: number, { ceil = false }: { ceil?: boolean } = {}): Layer {
  // The input is the output of a ReLU, so zeros added at the edge never win.
  const over = (length: number): [number, number] => [0, ceil ? (length - size) & 1 : 0]
  const extended = (x: tf.Tensor4D): tf.Tensor4D => {
    const [rows, columns] = [over(x.shape[1]), over(x.shape[2])]
    return rows[1] || columns[1] ? tf.pad(x, [[0, 0], rows, columns, [0, 0]]) : tf.clone(x)
  }
  return {
    forward: x => tf.tidy(() => tf.maxPool(extended(x), size, 2, 'valid')),
    backward: (dy, x, y) =>
      tf.tidy(() => {
        const dx = pooled('MaxPoolGrad', { dy, input: extended(x), output: y }, size)
        return tf.slice(dx, 0, x.shape)
      }),
  }
}

/** tfjs has the gradients of its pools only as kernels. */
function pooled(kernel: string, inputs: tf.NamedTensorMap, filterSize: number): tf.Tensor4D {
  return tf.engine().runKernel(kernel, inputs, { filterSize, strides: 2, pad: 'valid' }) as tf.Tensor4D
}

/** SqueezeNet's fire module: squeeze, expand the result twice, and concatenate the channels of both expansions. */
export function fire(squeeze: Layer, expand1: Layer, expand3: Layer): Layer {
  return {
    forward: x =>
      tf.tidy(() => {
        const squeezed = squeeze.forward(x)
        return tf.concat([expand1.forward(squeezed), expand3.forward(squeezed)], 3)
      }),
    backward: (dy, x, y) =>
      tf.tidy(() => {
        const squeezed = squeeze.forward(x) // a cheap 1x1 convolution: compute it again, don't keep it
        const [dy1, dy3] = tf.split(dy, 2, 3) as [tf.Tensor4D, tf.Tensor4D]
        const [y1, y3] = tf.split(y, 2, 3) as [tf.Tensor4D, tf.Tensor4D]
        const both = tf.add(expand1.backward(dy1, squeezed, y1), expand3.backward(dy3, squeezed, y3))
        return squeeze.backward(both as tf.Tensor4D, x, squeezed)
      }),
  }
}
