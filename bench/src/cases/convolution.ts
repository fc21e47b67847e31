import { conv2d } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Case, Inputs, Work } from '../case.js'
import { normalInputs, tensorOf } from '../host-tensors.js'

const settings = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' }

/** A 3x3 convolution with bias, and its two gradients, each as a case. */
export function convolutionCases(quick: boolean): Case[] {
  const [b, side, channels] = quick ? [1, 8, 8] : [8, 32, 64]
  const shapes = { x: [b, side, side, channels], w: [3, 3, channels, channels], bias: [channels] }
  const size = `[${shapes.x}], 3x3 to ${channels}`
  const common = { size, inputs: () => normalInputs(1, { ...shapes, dy: shapes.x }) }
  return [
    { ...common, name: 'convolution', open: opened(({ x, w, bias }) => conv2d(x, w, bias)) },
    {
      ...common,
      name: 'convolution, input gradient',
      open: opened(({ x, w, dy }) =>
        kernel('Conv2DBackpropInput', { dy, filter: w }, { inputShape: x.shape }),
      ),
    },
    {
      ...common,
      name: 'convolution, filter gradient',
      open: opened(filterGradient),
      openStock: opened(inputs =>
        tf.getKernel('Conv2DBackpropFilter', tf.getBackend())
          ? filterGradient(inputs)
          : filterGradientByConvolution(inputs),
      ),
    },
  ]
}

type Tensors = Record<'x' | 'w' | 'dy', tf.Tensor4D> & { bias: tf.Tensor1D }

function opened(compute: (tensors: Tensors) => tf.Tensor): (inputs: Inputs) => Work {
  return inputs => {
    const tensors = Object.fromEntries(
      [...inputs.keys()].map(name => [name, tensorOf(inputs, name)]),
    ) as unknown as Tensors
    return { run: () => [tf.tidy(() => compute(tensors))], close: () => tf.dispose(tensors) }
  }
}

function kernel(name: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, { ...settings, ...attrs } as unknown as tf.NamedAttrMap)
}

const filterGradient = ({ x, w, dy }: Tensors) =>
  kernel('Conv2DBackpropFilter', { x, dy }, { filterShape: w.shape })

/** The filter's gradient as a convolution of transposes, for stock wasm, which has no kernel for that gradient. */
function filterGradientByConvolution({ x, dy }: Tensors): tf.Tensor {
  const [rows, columns]: [number, number][] = [
    [1, 1],
    [1, 1],
  ]
  const y = tf.conv2d(
    tf.transpose(x, [3, 1, 2, 0]) as tf.Tensor4D,
    tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D,
    1,
    [[0, 0], rows!, columns!, [0, 0]],
  )
  return tf.transpose(y, [1, 2, 0, 3])
}
