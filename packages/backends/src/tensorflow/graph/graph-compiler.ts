import type { Compiler } from '../../compile/compilers.js'
import type { Binding, TensorflowBackend, Value } from '../eager.js'
import { GraphBinding } from './graph-binding.js'
import { GraphRuns, patience } from './graph-runs.js'
import { type LoadModel, Runner } from './runner.js'

/**
 * The compiler of functions to graphs on this backend, whose calls go through a GraphBinding from now on. Undefined if this
 * libtensorflow doesn't run our graphs.
 */
export function graphCompiler(backend: TensorflowBackend, load: LoadModel): Compiler | undefined {
  // On a GPU the addon would copy all inputs and outputs of a graph, weights too, through the host's memory in every run.
  if (backend.isUsingGpuDevice || !graphsWork(backend.binding, load)) return undefined
  const raw = backend.binding
  const watched = new GraphBinding(raw)
  const runner = new Runner(raw, load)
  backend.binding = watched.binding()
  return { form: 'graph', numbers: 'inputs', open: () => new GraphRuns(watched.record, runner) }
}

/** True if this libtensorflow runs our graphs, and they give the same results as the calls. */
function graphsWork(raw: Binding, load: LoadModel): boolean {
  const watched = new GraphBinding(raw)
  const binding = watched.binding()
  let graphs = 0
  const counted: LoadModel = (...args) => {
    graphs++
    return load(...args)
  }
  const runs = new GraphRuns(watched.record, new Runner(raw, counted))
  const body = () => {
    const x = binding.createTensor([2, 3], binding.TF_FLOAT, Float32Array.of(-3, -2, -1, 1, 2, 3))
    const axes = binding.createTensor([1], binding.TF_INT32, Int32Array.of(1))
    const ids = [x, axes]
    const run = (name: string, ...inputs: number[]) => {
      const [{ id }] = binding.executeOp(name, [], inputs, 1) as [Value]
      ids.push(id)
      return id
    }
    let y = x
    for (let i = 0; i < 8; i++) y = run('Sigmoid', run('Mul', y, x))
    const sum = run('Sum', y, axes)
    for (const id of ids) if (id !== sum) binding.deleteTensor(id)
    return sum
  }
  const compute = () => {
    const sum = runs.follow(body)
    const result = String(binding.tensorDataSync(sum))
    binding.deleteTensor(sum)
    return result
  }
  const { msPerCall } = patience
  patience.msPerCall = 0
  try {
    const expected = compute()
    return compute() === expected && compute() === expected && graphs === 1 && runs.why === undefined
  } finally {
    patience.msPerCall = msPerCall
    runs.dispose()
  }
}
