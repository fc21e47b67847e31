import { convAttrs } from './conv-attrs.js'
import { Eager, type TensorflowBackend, type Value } from './eager.js'

/** The attribute that selects oneDNN's kernel of an operation. In graphs TensorFlow adds it; an eager call must pass it. */
export const ONEDNN = { _kernel: 'MklNameChangeOp' }

/** The names of oneDNN's operations, each only if this libtensorflow has it and it works. */
export interface OneDnn {
  /** A convolution that also adds the bias. */
  withBias?: string
  /** A graph uses oneDNN's softmax, which rounds differently from the eager one. With this name, both use oneDNN's. */
  softmax?: string
}

const found = new WeakMap<TensorflowBackend, OneDnn>()

/** The operations of oneDNN on this backend. The first call tries them out. */
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

/** True if the operation, on tensors of these shapes filled with `value`, gives `expected` as its first number. */
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
