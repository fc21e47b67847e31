import type { Attrs, Inputs } from '../../kernels/table.js'
import type { OnnxKernel, Values } from '../kernel.js'
import type { Value } from '../value.js'

type Norm = OnnxKernel<
  Values<Inputs<'GroupNorm'>> & Partial<Values<Pick<Inputs<'GroupNormModulated'>, 'scale' | 'shift'>>>,
  Attrs<'GroupNorm'>
>

/**
 * Group normalisation as the instance normalisation of images whose channels are the groups [B,groups,·], because ONNX's own
 * GroupNormalization has a factor per group in one version and per channel in the next.
 */
export const groupNorm: Norm = (graph, { x, gamma, beta, scale, shift }, { groups, epsilon, activate }) => {
  const [, height, width, channels] = x.shape as [number, number, number, number]
  const { tensors } = graph
  const grouped = graph.reshaped(graph.planes(x), [-1, groups, (channels / groups) * height * width])
  const unit = graph.run(
    'InstanceNormalization',
    [grouped, tensors.filled(groups, 1), tensors.filled(groups, 0)],
    {
      epsilon: { float: epsilon },
    },
  )
  let y = graph.reshaped(unit, [-1, channels, height, width])
  y = graph.run('Add', [graph.run('Mul', [y, graph.planes(gamma)]), graph.planes(beta)])
  const perSample = (value: Value) => graph.reshaped(graph.pixels(value), [-1, channels, 1, 1])
  if (scale) y = graph.run('Mul', [y, graph.run('Add', [perSample(scale), tensors.number(1)])])
  if (shift) y = graph.run('Add', [y, perSample(shift)])
  if (activate) y = graph.run('Mul', [y, graph.run('Sigmoid', [y])])
  return graph.value(x.shape, 'float32', { planes: y })
}
