import { Eager, type TensorflowBackend, type Value } from './eager.js'

/** An attribute that takes oneDNN's kernel of an operation; TensorFlow puts both into graphs, eager calls have to ask. */
export const ONEDNN = { _kernel: 'MklNameChangeOp' }

/** True where this libtensorflow has an operation of oneDNN and uses it: the body's result begins with this number. */
export function hasOneDnn(
  backend: TensorflowBackend,
  body: (ops: Eager, filled: (shape: number[], value: number) => Value) => Value,
  expected: number,
): boolean {
  if (backend.isUsingGpuDevice) return false
  const ops = new Eager(backend)
  try {
    const y = body(ops, (shape, value) => ops.run('Fill', [ops.integers(shape), ops.number(value)]))
    return backend.binding.tensorDataSync(y.id)[0] === expected
  } catch {
    return false
  } finally {
    ops.dispose()
  }
}
