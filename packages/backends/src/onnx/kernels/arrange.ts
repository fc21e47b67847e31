import * as tf from '@tensorflow/tfjs-core'
import type { OnnxKernel } from '../kernel.js'
import { type Value, zeros } from '../value.js'
import { identity } from './elementwise.js'

type Of<Attrs> = OnnxKernel<{ x: Value }, Attrs>

/** The place of an axis of pixels [B,H,W,C] in planes [B,C,H,W]. */
const inPlanes = [0, 2, 3, 1]

const isPlanes = (value: Value): boolean => !value.isConstant && value.planes !== undefined

export const reshape: Of<tf.ReshapeAttrs> = (graph, { x }, { shape }) => {
  const size = tf.util.sizeFromShape(x.shape)
  const sides = tf.util.inferFromImplicitShape(shape as number[], size)
  const name = graph.pixels(x)
  const y = graph.value(sides, x.dtype, '')
  y.pixels = graph.reshaped(name, y.dims)
  return y
}

export const expandDims: OnnxKernel<{ input: Value }, tf.ExpandDimsAttrs> = (graph, { input }, { dim }) => {
  const shape = [...input.shape]
  shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1)
  return reshape(graph, { x: input }, { shape } as tf.ReshapeAttrs)
}

/** Between pixels and planes it needs no node: the result's pixels are the planes of x, or the other way round. */
export const transpose: Of<tf.TransposeAttrs> = (graph, { x }, { perm }) => {
  const shape = perm.map(axis => x.shape[axis]!)
  if (`${perm}` === '0,3,1,2' && isPlanes(x)) return graph.value(shape, x.dtype, x.planes!)
  if (`${perm}` === '0,2,3,1') return graph.value(shape, x.dtype, { planes: graph.pixels(x) })
  return graph.value(shape, x.dtype, graph.run('Transpose', [graph.pixels(x)], { perm }))
}

export const concat: OnnxKernel<Value[], tf.ConcatAttrs> = (graph, values, { axis: given }) => {
  const some = values.filter(({ shape }) => tf.util.sizeFromShape(shape) > 0)
  const [first] = some as [Value]
  if (some.length === 1) return identity(graph, { x: first }, {})
  const axis = tf.util.parseAxisParam(given, first.shape)[0]!
  const shape = tf.backend_util.computeOutShape(
    some.map(value => value.shape),
    axis,
  )
  if (first.shape.length === 4 && some.every(isPlanes)) {
    const planes = some.map(value => graph.planes(value))
    return graph.value(shape, first.dtype, {
      planes: graph.run('Concat', planes, { axis: inPlanes[axis]! }),
    })
  }
  const names = some.map(value => graph.whole(value))
  return graph.value(shape, first.dtype, graph.run('Concat', names, { axis }))
}

export const splitV: Of<tf.SplitVAttrs> = (graph, { x }, { numOrSizeSplits, axis: given }) => {
  const axis = tf.util.parseAxisParam(given, x.shape)[0]!
  const sizes = tf.backend_util.prepareSplitSize(x as unknown as tf.Tensor, numOrSizeSplits, axis)
  const names = graph.runAll('Split', [graph.pixels(x), graph.tensors.integers(sizes)], sizes.length, {
    axis,
  })
  return names.map((name, i) => graph.value(resized(x.shape, axis, sizes[i]!), x.dtype, name))
}

const resized = (shape: readonly number[], axis: number, side: number) =>
  shape.map((old, i) => (i === axis ? side : old))

export const slice: Of<tf.SliceAttrs> = (graph, { x }, { begin, size }) => {
  const [starts, sizes] = tf.slice_util.parseSliceParams(x as unknown as tf.Tensor, begin, size) as [
    number[],
    number[],
  ]
  const axes = [...x.shape.keys()].filter(axis => sizes[axis] !== x.shape[axis])
  if (axes.length === 0) return identity(graph, { x }, {})
  const [from, to] = [axes.map(axis => starts[axis]!), axes.map(axis => starts[axis]! + sizes[axis]!)]
  const planes = isPlanes(x)
  const lists = [from, to, planes ? axes.map(axis => inPlanes[axis]!) : axes]
  const name = graph.run('Slice', [
    planes ? graph.planes(x) : graph.pixels(x),
    ...lists.map(list => graph.tensors.integers(list)),
  ])
  return graph.value(sizes, x.dtype, planes ? { planes: name } : name)
}

export const pad: Of<tf.PadV2Attrs> = (graph, { x }, { paddings, constantValue }) => {
  const shape = x.shape.map((side, i) => side + paddings[i]![0] + paddings[i]![1])
  const ends = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  const inputs = [graph.pixels(x), graph.tensors.integers(ends), graph.tensors.number(constantValue)]
  return graph.value(shape, x.dtype, graph.run('Pad', inputs, { mode: 'constant' }))
}

export const tile: Of<tf.TileAttrs> = (graph, { x }, { reps }) => {
  const y = graph.value(
    x.shape.map((side, i) => side * reps[i]!),
    x.dtype,
    '',
  )
  const grows = y.dims.some((side, i) => side === -1 && x.dims[i] !== -1)
  y.pixels = grows
    ? graph.expanded(graph.pixels(x), y)
    : graph.run('Tile', [graph.pixels(x), graph.tensors.integers(reps)])
  return y
}

/** Zeros or ones in the shape of a tensor, which are constants whatever the tensor is. */
export const like =
  (number: 0 | 1): OnnxKernel<{ x: Value }> =>
  (graph, { x: { shape, dtype } }) =>
    graph.constant(shape, dtype, zeros(shape, dtype).fill(number))
