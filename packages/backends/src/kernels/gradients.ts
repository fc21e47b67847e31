import * as tf from '@tensorflow/tfjs-core'
import { addGradient } from './add-gradient.js'
import { hasKernel, runKernel } from './run-kernel.js'
import type { ConvAttrs, ConvInputs } from './table.js'
import { together } from './together.js'

/** Register the gradients of this package's kernels, the same for all backends: they use kernels that each of these has. */
export function registerKernelGradients(): void {
  addGradient('Conv2dBias', { inputs: ['x', 'filter'] }, ({ dy: { y: dy }, inputs, attrs }) =>
    convolutionGradients(dy, inputs, attrs),
  )
  addGradient('Conv2dSkip', { inputs: ['x', 'filter'] }, ({ dy, inputs, attrs: { scale, ...attrs } }) => {
    const skip = scale === 1 ? tf.clone(dy.y) : tf.mul<tf.Tensor4D>(dy.y, scale)
    return Object.assign(convolutionGradients(skip, inputs, attrs), { skip: () => skip })
  })

  const norm = ['x', 'gamma', 'beta'] as const
  const outputs = ['y', 'mean', 'rstd'] as const
  addGradient('GroupNorm', { inputs: norm, outputs }, ({ dy, inputs, outputs, attrs }) => {
    const slopes = runKernel('GroupNormGradient', { ...inputs, ...outputs, dy: dy.y }, attrs)
    return given(slopes, norm)
  })
  const modulated = [...norm, 'scale', 'shift'] as const
  addGradient('GroupNormModulated', { inputs: modulated, outputs }, ({ dy, inputs, outputs, attrs }) => {
    const slopes = runKernel('GroupNormGradient', { ...inputs, ...outputs, dy: dy.y }, attrs)
    return given(slopes as Required<typeof slopes>, modulated)
  })

  addGradient('GroupNormOffset', { inputs: norm, outputs: ['lines'] }, ({ dy, inputs, outputs, attrs }) => {
    const slopes = runKernel('GroupNormOffsetGradient', { ...inputs, ...outputs, dy: dy.y }, attrs)
    return given(slopes, [...norm, 'offset'])
  })

  addGradient('Silu', { inputs: ['x'] }, ({ dy, inputs }) => ({
    x: () => runKernel('SiluGradient', { ...inputs, dy: dy.y }, {}).x,
  }))

  addGradient(
    'Attention',
    { inputs: ['qkv'], outputs: ['y', 'logSums'] },
    ({ dy, inputs, outputs, attrs }) => ({
      qkv: () => runKernel('AttentionGradient', { ...inputs, ...outputs, dy: dy.y }, attrs).qkv,
    }),
  )

  // The gradient draws the same random numbers again, so no mask is kept.
  addGradient('Dropout', {}, ({ dy, attrs }) => ({ x: () => runKernel('Dropout', { x: dy.y }, attrs).y }))
  addGradient('SumBlocks', {}, ({ dy, attrs }) => ({
    x: () => runKernel('RepeatBlocks', { x: dy.y }, attrs).y,
  }))
  addGradient('RepeatBlocks', {}, ({ dy, attrs }) => ({
    x: () => runKernel('SumBlocks', { x: dy.y }, attrs).y,
  }))

  addGradient('ResampleDown', {}, ({ dy, attrs }) => ({
    x: () => runKernel('ResampleUp', { x: dy.y }, { taps: [...attrs.taps].reverse() }).y,
  }))
  addGradient('ResampleUp', {}, ({ dy, attrs }) => ({
    x: () => runKernel('ResampleDown', { x: dy.y }, { taps: [...attrs.taps].reverse() }).y,
  }))

  addGradient('SquareSums', { inputs: 'all' }, ({ dy: { sums: dy }, inputs }) =>
    (inputs as readonly tf.Tensor[]).map((x, i) => () => tf.mul(tf.mul(x, 2), tf.slice(dy, i, 1))),
  )
}

function convolutionGradients(
  dy: tf.Tensor4D,
  { x, filter }: ConvInputs,
  attrs: ConvAttrs,
): Record<'x' | 'filter' | 'bias', () => tf.Tensor> {
  const { shape: inputShape } = x
  const { shape: filterShape } = filter
  const input = () => runStock('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape })
  if (hasKernel('Conv2dBiasGradient'))
    return together({ x: input }, ['filter', 'bias'], () =>
      runKernel('Conv2dBiasGradient', { x, dy }, { ...attrs, filterShape }),
    )
  return {
    x: input,
    filter: () => runStock('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape }),
    bias: () => tf.sum(dy, [0, 1, 2]),
  }
}

/** Gradients that one kernel computed beforehand: inside one of these functions, tfjs would free all but its own result. */
function given<Name extends string>(
  slopes: Record<Name, tf.Tensor>,
  names: readonly Name[],
): Record<Name, () => tf.Tensor> {
  const thunks = names.map(name => [name, () => slopes[name]] as const)
  return Object.fromEntries(thunks) as Record<Name, () => tf.Tensor>
}

/** Run a kernel of tfjs on NHWC images. */
function runStock(kernelName: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor {
  return tf
    .engine()
    .runKernel(kernelName, inputs, { ...attrs, dataFormat: 'NHWC' } as unknown as tf.NamedAttrMap)
}
