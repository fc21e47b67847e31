import { convAttrs } from './conv-attrs.js'
import { Eager, type TensorflowBackend, type Value } from './eager.js'

/** An attribute that takes oneDNN's kernel of an operation; TensorFlow puts both into graphs, eager calls have to ask. */
export const ONEDNN = { _kernel: 'MklNameChangeOp' }

/** Operations of oneDNN, each by its name where this libtensorflow has it and uses it. */
export interface OneDnn {
  /** A convolution that adds its bias on the way. */
  withBias?: string
  /** In a graph a softmax is oneDNN's, which rounds in other places than the eager one: here it is, in both. */
  softmax?: string
}

const found = new WeakMap<TensorflowBackend, OneDnn>()

/** What oneDNN has on this backend. It is tried out at the first call. */
export function oneDnnOf(backend: TensorflowBackend): OneDnn {
  let known = found.get(backend)
  if (!known) {
    known = {}
    const attrs = convAttrs([1, 3, 3, 1], [3, 3, 1, 1], { strides: 1, pad: 'valid' })
    const shapes = [[1, 3, 3, 1], [3, 3, 1, 1], [1]]
    if (gives(10, backend, '_MklNativeConv2DWithBias', shapes, 1, attrs))
      known.withBias = '_MklNativeConv2DWithBias'
    if (gives(0.5, backend, '_MklSoftmax', [[1, 2]], 7)) known.softmax = '_MklSoftmax'
    found.set(backend, known)
  }
  return known
}

/** True where the operation on tensors of these shapes, filled with this value, gives a result that begins so. */
function gives(
  expected: number,
  backend: TensorflowBackend,
  operation: string,
  shapes: number[][],
  value: number,
  attrs: ReturnType<typeof convAttrs> = {},
): boolean {
  if (backend.isUsingGpuDevice) return false
  const ops = new Eager(backend)
  try {
    const filled = (shape: number[]): Value => ops.run('Fill', [ops.integers(shape), ops.number(value)])
    const y = ops.run(operation, shapes.map(filled), { ...attrs, ...ONEDNN })
    return backend.binding.tensorDataSync(y.id)[0] === expected
  } catch {
    return false
  } finally {
    ops.dispose()
  }
}
