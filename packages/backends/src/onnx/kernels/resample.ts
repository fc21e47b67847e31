import type { Attrs, Inputs } from '../../kernels/table.js'
import type { Graph } from '../graph.js'
import type { OnnxKernel, Values } from '../kernel.js'
import type { Value } from '../value.js'

type Resample<Name extends 'SumBlocks' | 'ResampleUp'> = OnnxKernel<Values<Inputs<Name>>, Attrs<Name>>

export const sumBlocks: Resample<'SumBlocks'> = (graph, { x }, { gain }) => {
  const mean = graph.run('AveragePool', [graph.planes(x)], { kernel_shape: [2, 2], strides: [2, 2] })
  return halved(graph, x, times(graph, mean, 4 * gain))
}

export const repeatBlocks: Resample<'SumBlocks'> = (graph, { x }, { gain }) => {
  const sides = graph.tensors.floats([1, 1, 2, 2])
  const how = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
  return doubled(graph, x, times(graph, graph.run('Resize', [graph.planes(x), '', sides], how), gain))
}

export const resampleDown: Resample<'ResampleUp'> = (graph, { x }, { taps }) =>
  halved(graph, x, filtered(graph, 'Conv', x, taps))

/** The transpose of the convolution that halves, so its taps are in the other order. */
export const resampleUp: Resample<'ResampleUp'> = (graph, { x }, { taps }) =>
  doubled(graph, x, filtered(graph, 'ConvTranspose', x, [...taps].reverse()))

/** The filter of stride 2 on each channel. */
function filtered(graph: Graph, op: 'Conv' | 'ConvTranspose', x: Value, taps: readonly number[]): string {
  const channels = x.shape[3]!
  const side = taps.length
  const one = taps.flatMap(row => taps.map(column => row * column))
  const weights = graph.tensors.keep(
    [channels, 1, side, side],
    'float32',
    Float32Array.from({ length: channels * one.length }, (_, i) => one[i % one.length]!),
  )
  return graph.run(op, [graph.planes(x), weights], {
    group: channels,
    strides: [2, 2],
    pads: Array(4).fill(side / 2 - 1),
  })
}

const times = (graph: Graph, name: string, gain: number) =>
  gain === 1 ? name : graph.run('Mul', [name, graph.tensors.number(gain)])

const halved = (graph: Graph, x: Value, planes: string) => resized(graph, x, planes, 0.5)
const doubled = (graph: Graph, x: Value, planes: string) => resized(graph, x, planes, 2)

function resized(graph: Graph, { shape }: Value, planes: string, factor: number): Value {
  const [b, height, width, channels] = shape as [number, number, number, number]
  return graph.value([b, factor * height, factor * width, channels], 'float32', { planes })
}
