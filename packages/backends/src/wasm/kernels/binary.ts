import * as tf from '@tensorflow/tfjs-core'
import type { StockName } from '../../kernels/stock-table.js'
import type { WasmReplacement } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

type Name = 'Add' | 'Sub' | 'Multiply' | 'RealDiv'

/** As in assembly/binary.ts. */
const CODES: Record<Name & StockName, number> = { Add: 0, Sub: 1, Multiply: 2, RealDiv: 3 }

/** Numbers in one unit of work. */
const UNIT = 4096

/**
 * Arithmetic of a tensor and another one that is as long, one number, or is repeated along neighbouring axes: biases, what
 * each sample adds, what each row is divided by. The stock kernels have one thread, and are slow where they repeat.
 */
export const binary =
  (name: Name): WasmReplacement<Name> =>
  stock =>
  args => {
    const { inputs, backend } = args
    const { a, b } = inputs
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || a.size === 0) return stock(args)
    const commutes = name === 'Add' || name === 'Multiply'
    const [long, short] = commutes && b.size > a.size ? [b, a] : [a, b]
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape)
    const repeated = repetition(long, short.shape)
    if (!repeated || tf.util.sizeFromShape(shape) !== long.size) return stock(args)
    const { middle, inner } = repeated
    const out = backend.makeOutput(shape, 'float32')
    const one = inner === 1
    const { size } = long
    // The rows of the loop: those that the other tensor repeats, or where it has one number or as many, any length will do.
    const isFlat = short.size === 1 || short.size === size
    const length = isFlat ? Math.min(UNIT, size) : one ? middle : inner
    const rows = Math.ceil(size / length)
    const perPart = short.size === 1 ? rows : isFlat || one ? 1 : middle
    const together = Math.ceil(UNIT / length)
    const work = { units: Math.ceil(rows / together), operations: 8 * size }
    const places = [long, short, out].map(tensor => addressOf(backend, tensor))
    runUnits(backend, 'binary', work, [CODES[name], ...places, size, perPart, length, one, together])
    return out
  }

/** A tensor as [outer,middle,inner] so that the other one is [outer,1,inner]; undefined if it is repeated otherwise. */
function repetition(
  { shape, size }: tf.Tensor,
  other: readonly number[],
): { middle: number; inner: number } | undefined {
  const missing = shape.length - other.length
  if (missing < 0 && other.slice(0, -missing).some(side => side !== 1)) return undefined
  const sides = missing < 0 ? other.slice(-missing) : [...Array<number>(missing).fill(1), ...other]
  const repeats = (i: number) => sides[i] !== shape[i]
  const axes = shape.map((_, i) => i).filter(repeats)
  if (axes.length === 0) return { middle: 1, inner: size }
  const [first, last] = [axes[0]!, axes.at(-1)!]
  // Between them, sides of the other tensor must be 1.
  for (let i = first; i <= last; i++) if (sides[i] !== 1) return undefined
  const product = (from: number, to?: number) => tf.util.sizeFromShape(shape.slice(from, to))
  return { middle: product(first, last + 1), inner: product(last + 1) }
}
