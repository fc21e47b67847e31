import * as tf from '@tensorflow/tfjs-core'
import type { Graph } from '../graph.js'
import type { OnnxKernel } from '../kernel.js'
import type { OnnxDtype, Value } from '../value.js'

type Unary = OnnxKernel<{ x: Value }>
type Binary = OnnxKernel<{ a: Value; b: Value }>

/** What nodes make of values that broadcast to one shape. Planes stay planes. */
export function elementwise(
  graph: Graph,
  values: readonly Value[],
  body: (names: string[]) => string,
  dtype: OnnxDtype = 'float32',
): Value {
  const shape = values
    .map(value => value.shape)
    .reduce((a, b) => tf.broadcast_util.assertAndGetBroadcastShape(a, b))
  const isPlanes = shape.length === 4 && values.some(value => !value.isConstant && value.planes)
  const name = body(values.map(value => (isPlanes ? graph.planes(value) : graph.pixels(value))))
  return graph.value(shape, dtype, isPlanes ? { planes: name } : name)
}

/** An operation of one tensor that ONNX has under this name. */
export const unary =
  (op: string): Unary =>
  (graph, { x }) =>
    elementwise(graph, [x], names => graph.run(op, names), x.dtype)

export const binary =
  (op: string): Binary =>
  (graph, { a, b }) =>
    elementwise(graph, [a, b], names => graph.run(op, names), a.dtype)

export const comparison =
  (op: string): Binary =>
  (graph, { a, b }) =>
    elementwise(graph, [a, b], names => graph.run(op, names), 'bool')

export const square: Unary = (graph, { x }) =>
  elementwise(graph, [x], ([x]) => graph.run('Mul', [x!, x!]), x.dtype)

export const squaredDifference: Binary = (graph, { a, b }) =>
  elementwise(graph, [a, b], names => {
    const difference = graph.run('Sub', names)
    return graph.run('Mul', [difference, difference])
  })

export const rsqrt: Unary = (graph, { x }) =>
  elementwise(graph, [x], names => graph.run('Reciprocal', [graph.run('Sqrt', names)]))

export const log1p: Unary = (graph, { x }) =>
  elementwise(graph, [x], ([x]) => graph.run('Log', [graph.run('Add', [x!, graph.tensors.number(1)])]))

export const notEqual: Binary = (graph, { a, b }) =>
  elementwise(graph, [a, b], names => graph.run('Not', [graph.run('Equal', names)]), 'bool')

export const clip: OnnxKernel<{ x: Value }, tf.ClipByValueAttrs> = (
  graph,
  { x },
  { clipValueMin, clipValueMax },
) =>
  elementwise(graph, [x], ([x]) =>
    graph.run('Clip', [x!, graph.tensors.number(clipValueMin), graph.tensors.number(clipValueMax)]),
  )

export const select: OnnxKernel<{ condition: Value; t: Value; e: Value }> = (graph, { condition, t, e }) =>
  elementwise(graph, [condition, t, e], names => graph.run('Where', names), t.dtype)

export const addN: OnnxKernel<Value[]> = (graph, values) =>
  elementwise(graph, values, names => graph.run('Sum', names))

export const identity: Unary = (_, { x }) => x

export const cast: OnnxKernel<{ x: Value }, tf.CastAttrs> = (graph, { x }, { dtype }) =>
  elementwise(
    graph,
    [x],
    names => graph.run('Cast', names, { to: graph.tensors.typeOf(dtype as OnnxDtype) }),
    dtype as OnnxDtype,
  )
