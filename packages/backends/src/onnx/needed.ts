import type { Graph } from './graph.js'
import type { OnnxNode, OnnxTensor } from './model.js'

/** The nodes and the constants of a graph on which outputs depend. */
export function neededBy(
  outputs: readonly string[],
  { nodes, tensors }: Graph,
): { nodes: OnnxNode[]; tensors: OnnxTensor[] } {
  const names = new Set(outputs)
  const kept: OnnxNode[] = []
  // A node comes after those whose outputs it takes.
  for (const node of [...nodes].reverse())
    if (node.outputs.some(name => names.has(name))) {
      kept.push(node)
      for (const name of node.inputs) names.add(name)
    }
  return { nodes: kept.reverse(), tensors: tensors.list.filter(({ name }) => names.has(name)) }
}
