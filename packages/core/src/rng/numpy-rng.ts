import { checkOptions } from '../check-options.js'
import { checkInt, describe } from '../checks.js'
import { Pcg64 } from './pcg64.js'
import { seedSequence } from './seed-sequence.js'
import { fillNormal, fillNormalSingle } from './ziggurat.js'

/**
 * NumPy's default generator: the same numbers, bit for bit, as np.random.default_rng. Use it for numbers that Python drew,
 * or that will be compared with Python's. For all else use createRng, whose forks don't depend on the order of draws.
 */
export interface NumpyRng {
  /** n uniform numbers in [0, 1): random(n). */
  random(n: number): Float64Array
  /** random(n, dtype=np.float32). */
  random32(n: number): Float32Array
  /** n standard normal numbers: standard_normal(n). */
  standardNormal(n: number): Float64Array
  /** standard_normal(n, dtype=np.float32): not the float64 numbers rounded. */
  standardNormal32(n: number): Float32Array
  /** n integers in [0, below), below <= 2^32: integers(below, size=n). */
  integers(n: number, below: number): Float64Array
  /** 0..n-1 in a random order: permutation(n). */
  permutation(n: number): Int32Array
  /** The state as 32 bytes, which `pcg64` reads. If a 32-bit draw left half of a 64-bit output unused, that half is lost. */
  state(): Uint8Array
}

class Generator implements NumpyRng {
  readonly #bits: Pcg64

  constructor(bits: Pcg64) {
    this.#bits = bits
  }

  random(n: number): Float64Array {
    const out = new Float64Array(size('random', n))
    for (let i = 0; i < n; i++) out[i] = this.#bits.nextDouble()
    return out
  }

  random32(n: number): Float32Array {
    const out = new Float32Array(size('random32', n))
    for (let i = 0; i < n; i++) out[i] = this.#bits.nextFloat()
    return out
  }

  standardNormal(n: number): Float64Array {
    const out = new Float64Array(size('standardNormal', n))
    fillNormal(this.#bits, out)
    return out
  }

  standardNormal32(n: number): Float32Array {
    const out = new Float32Array(size('standardNormal32', n))
    fillNormalSingle(this.#bits, out)
    return out
  }

  integers(n: number, below: number): Float64Array {
    const out = new Float64Array(size('integers', n))
    checkInt('core.NumpyRng.integers', 'below', below, 1, 2 ** 32)
    for (let i = 0; i < n; i++) out[i] = this.#bits.nextBelow(below)
    return out
  }

  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: size('permutation', n) }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.#bits.nextUpTo(i)
      const swap = order[i]!
      order[i] = order[j]!
      order[j] = swap
    }
    return order
  }

  state(): Uint8Array {
    return this.#bits.bytes()
  }
}

function size(method: string, n: number): number {
  checkInt(`core.NumpyRng.${method}`, 'n', n, 0)
  return n
}

/**
 * np.random.default_rng(seed), NumPy 1.17 and later.
 *
 * @param seed      an integer >= 0, of any size as a bigint
 * @param spawnKey  for the children of a seed: [i] is SeedSequence(seed).spawn(n)[i], [i, j] its child j
 */
export function numpyRng(seed: number | bigint, options: { spawnKey?: readonly number[] } = {}): NumpyRng {
  const where = 'core.numpyRng'
  checkOptions<{ spawnKey?: readonly number[] }>(where, options, { spawnKey: 'optional' })
  const { spawnKey = [] } = options
  if (typeof seed !== 'bigint') checkInt(where, 'seed', seed, 0, Number.MAX_SAFE_INTEGER)
  else if (seed < 0n) throw new RangeError(`${where}: seed must be an integer >= 0, got ${seed}.`)
  for (const [i, key] of spawnKey.entries())
    checkInt(where, `spawnKey[${i}]`, key, 0, Number.MAX_SAFE_INTEGER)
  return new Generator(Pcg64.seeded(seedSequence(BigInt(seed), spawnKey, 8)))
}

/**
 * The generator that goes on from a stored PCG64 state. The pair files of 2-rectified flow++ store such states.
 *
 * @param state  32 bytes: state and (odd) increment, 16 bytes each, big endian
 */
export function pcg64(state: Uint8Array): NumpyRng {
  const where = 'core.pcg64'
  if (!(state instanceof Uint8Array))
    throw new TypeError(`${where}: state must be a Uint8Array, got ${describe(state)}.`)
  if (state.length !== 32) throw new RangeError(`${where}: state must have 32 bytes, got ${state.length}.`)
  if (!(state[31]! & 1)) throw new RangeError(`${where}: state must have an odd increment, got an even one.`)
  return new Generator(Pcg64.fromBytes(state))
}
