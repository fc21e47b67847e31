import * as tf from '@tensorflow/tfjs-core'
import type { OnnxKernel } from '../kernel.js'
import type { Value } from '../value.js'

type Reduced = Partial<Omit<tf.MeanAttrs, 'keepDims'> & tf.MaxAttrs>

/** A reduction over some axes. In this version of ONNX only ReduceSum takes them as an input. */
export const reduce =
  (op: 'ReduceMean' | 'ReduceSum' | 'ReduceMax' | 'ReduceMin'): OnnxKernel<{ x: Value }, Reduced> =>
  (graph, { x }, { axis, reductionIndices = axis, keepDims }) => {
    const axes = tf.util.parseAxisParam(reductionIndices as number[], x.shape)
    const kept = x.shape.map((side, i) => (axes.includes(i) ? 1 : side))
    const shape = keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i))
    const keepdims = keepDims ? 1 : 0
    const name = graph.pixels(x)
    const y =
      op === 'ReduceSum'
        ? graph.run(op, [name, graph.tensors.integers(axes)], { keepdims })
        : graph.run(op, [name], { axes, keepdims })
    return graph.value(shape, x.dtype, y)
  }

export const softmax: OnnxKernel<{ logits: Value }, tf.SoftmaxAttrs> = (graph, { logits }, { dim }) =>
  graph.value(
    logits.shape,
    'float32',
    graph.run('Softmax', [graph.pixels(logits)], { axis: tf.util.parseAxisParam(dim, logits.shape)[0]! }),
  )
