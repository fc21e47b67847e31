import * as tf from '@tensorflow/tfjs-core'
import { runKernel } from './fast-kernel.js'

/** Register the gradients of this folder's kernels: one for all backends, made of kernels that each of them has. */
export function registerKernelGradients(): void {
  tf.registerGradient({
    kernelName: 'RfConv2dBias',
    inputsToSave: ['x', 'filter'],
    gradFunc: (upstream, saved, attributes) => {
      const dy = upstream as tf.Tensor4D
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D]
      const attrs = { ...attributes, dataFormat: 'NHWC' }
      // Each is computed only where it is asked for.
      return {
        x: () => runKernel('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape }),
        filter: () => runKernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape }),
        bias: () => tf.sum(dy, [0, 1, 2]),
      }
    },
  })

  for (const [kernelName, inputsToSave] of [
    ['RfGroupNorm', ['x', 'gamma', 'beta']],
    ['RfGroupNormModulated', ['x', 'gamma', 'beta', 'scale', 'shift']],
  ] as const) {
    // What the backends' own gradients want: all have the first three.
    const outputs = ['y', 'mean', 'rstd', 'sigmoid']
    tf.registerGradient({
      kernelName,
      inputsToSave: [...inputsToSave],
      outputsToSave: outputs.map(() => true),
      gradFunc: (upstream, saved, attrs) => {
        const names = [...inputsToSave, ...outputs]
        const inputs: tf.NamedTensorMap = { dy: (upstream as tf.Tensor[])[0] as tf.Tensor }
        saved.forEach((tensor, i) => {
          inputs[names[i] as string] = tensor
        })
        // All at once, here: what a gradient's thunk makes is freed when that thunk ends.
        const gradients: tf.Tensor[] = runKernel('RfGroupNormGradient', inputs, attrs)
        return Object.fromEntries(inputsToSave.map((name, i) => [name, () => gradients[i] as tf.Tensor]))
      },
    })
  }

  for (const [kernelName, transposed] of [
    ['RfSumBlocks', 'RfRepeatBlocks'],
    ['RfRepeatBlocks', 'RfSumBlocks'],
  ] as const)
    tf.registerGradient({
      kernelName,
      gradFunc: (dy, _, attrs) => ({ x: () => runKernel(transposed, { x: dy as tf.Tensor }, attrs) }),
    })
}
