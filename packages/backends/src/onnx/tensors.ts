import { toFloat16 } from '@rectified-flow/core'
import type { OnnxTensor } from './model.js'
import { types } from './types.js'
import type { Numbers, OnnxDtype } from './value.js'

/** The constants of a graph. Each is kept under a name. */
export class Tensors {
  readonly list: OnnxTensor[] = []
  readonly #shared = new Map<string, string>()

  /** @param half  whether numbers are kept in float16 */
  constructor(readonly half: boolean) {}

  /** The number of a type in ONNX: that of float16 for float32, if numbers are kept so. */
  typeOf(dtype: OnnxDtype): number {
    return types[this.half && dtype === 'float32' ? 'float16' : dtype]
  }

  keep(shape: readonly number[], dtype: OnnxDtype, numbers: Numbers): string {
    if (!this.half || dtype !== 'float32') return this.#add({ shape, dtype, data: numbers })
    const most = numbers.find(x => Number.isFinite(x) && Math.abs(x) >= TOO_LARGE)
    if (most !== undefined)
      throw new RangeError(
        `backends.toOnnx: dtype must be F32, because a constant is too large for float16, got F16 and ${most}.`,
      )
    return this.#add({ shape, dtype: 'float16', data: toFloat16(numbers) })
  }

  /** One number [], in the type in which the graph computes. */
  number(x: number): string {
    return this.#once(`number ${x}`, () => this.keep([], 'float32', Float32Array.of(x)))
  }

  /** A list of one number [n], in the type in which the graph computes. */
  filled(n: number, x: number): string {
    return this.#once(`${n} numbers ${x}`, () => this.keep([n], 'float32', new Float32Array(n).fill(x)))
  }

  /** Integers [n], as ONNX takes shapes and axes. */
  integers(list: readonly number[]): string {
    return this.#once(`integers ${list}`, () =>
      this.#add({ shape: [list.length], dtype: 'int64', data: BigInt64Array.from(list, BigInt) }),
    )
  }

  /** Floats [n] that are float32 in every graph, such as the factors of a resize. */
  floats(list: readonly number[]): string {
    return this.#once(`floats ${list}`, () =>
      this.#add({ shape: [list.length], dtype: 'float32', data: Float32Array.from(list) }),
    )
  }

  #once(key: string, make: () => string): string {
    const name = this.#shared.get(key) ?? make()
    this.#shared.set(key, name)
    return name
  }

  #add(tensor: Omit<OnnxTensor, 'name'>): string {
    const name = `constant_${this.list.length}`
    this.list.push({ name, ...tensor })
    return name
  }
}

/** From here on float16 rounds to infinity. */
const TOO_LARGE = 65_520
