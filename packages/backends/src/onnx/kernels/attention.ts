import type { Attrs, Inputs } from '../../kernels/table.js'
import type { OnnxKernel, Values } from '../kernel.js'

export const attention: OnnxKernel<Values<Inputs<'Attention'>>, Attrs<'Attention'>> = (
  graph,
  { qkv },
  { heads },
) => {
  const [b, n, all] = qkv.shape as [number, number, number]
  const channels = all / 3
  const d = channels / heads
  const [q, k, v] = graph.runAll('Split', [graph.pixels(qkv)], 3, { axis: 2 }) as [string, string, string]
  const split = (name: string, perm: number[]) =>
    graph.run('Transpose', [graph.reshaped(name, [-1, n, heads, d])], { perm })
  const scaled = graph.run('Mul', [q, graph.tensors.number(1 / Math.sqrt(d))])
  const scores = graph.run('MatMul', [split(scaled, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])])
  const out = graph.run('MatMul', [graph.run('Softmax', [scores], { axis: -1 }), split(v, [0, 2, 1, 3])])
  const joined = graph.run('Transpose', [out], { perm: [0, 2, 1, 3] })
  return graph.value([b, n, channels], 'float32', graph.reshaped(joined, [-1, n, channels]))
}
