import * as tf from '@tensorflow/tfjs-core'
import type { Graph } from '../graph.js'
import type { OnnxKernel } from '../kernel.js'
import type { Value } from '../value.js'

export const matMul: OnnxKernel<{ a: Value; b: Value }, tf.BatchMatMulAttrs> = (
  graph,
  { a, b },
  { transposeA, transposeB },
) => {
  const [rows, columns] = [a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!]
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const name = graph.run('MatMul', [sides(graph, a, transposeA), sides(graph, b, transposeB)])
  return graph.value([...outer, rows, columns], 'float32', name)
}

/** The name of a matrix, or of one whose last two axes are exchanged. */
function sides(graph: Graph, x: Value, isTransposed: boolean): string {
  // A product doesn't broadcast along its rows.
  const name = graph.whole(x)
  if (!isTransposed) return name
  const last = x.shape.length - 1
  return graph.run('Transpose', [name], { perm: [...Array(last - 1).keys(), last, last - 1] })
}
