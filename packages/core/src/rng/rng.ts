import * as tf from '@tensorflow/tfjs-core'
import { checkBackend } from '../check-backend.js'
import { checkShape } from '../check-kinds.js'
import { checkInt, checkNumber, describe } from '../checks.js'
import { type TensorOf, tensorOf } from '../tensor-of.js'
import { philox4x32 } from './philox.js'

/**
 * A stream of random numbers that depends only on a seed and a path of forks. `fork(i)` depends on the stream's key and
 * on i, never on what was drawn before: sample i of seed s is the same in any batch, shard or order.
 */
export interface Rng {
  /** n uniform numbers in [0, 1), 24 bits each. */
  uniforms(n: number): Float32Array
  /** n standard normal numbers (Box-Muller). */
  normals(n: number): Float32Array
  /** n integers in [0, below); each one's probability is 1 / below to within 2^-32. */
  integers(n: number, below: number): Int32Array
  /** A random order of 0..n-1. */
  permutation(n: number): Int32Array
  /** Uniform numbers in [min, max), up to float32 rounding, as a float32 tensor. */
  uniform<const Shape extends readonly number[]>(shape: Shape, min?: number, max?: number): TensorOf<Shape>
  /** Standard normal numbers as a float32 tensor. */
  normal<const Shape extends readonly number[]>(shape: Shape): TensorOf<Shape>
  /** Skip the next n words and return where they are: for a kernel that draws them on a device. */
  reserve(n: number): WordPlace
  /** An independent stream named by key; the same key gives the same stream. */
  fork(key: number | string): Rng
}

type Key = readonly [number, number]

/** Where random words are: the first four are philox4x32([...counter, 0, 0], key), the next four have the next counter. */
export interface WordPlace {
  key: Key
  counter: readonly [number, number]
}

/** A fork's name as words. The last one is the kind of name, so that 'a' and 97 are different streams. */
function keyWords(key: number | string): [number, number, number] {
  if (typeof key === 'number') return [key >>> 0, Math.floor(key / 2 ** 32) >>> 0, 1]
  let [a, b] = [0x811c9dc5, 0x1000193]
  for (let i = 0; i < key.length; i++) {
    a = Math.imul(a ^ key.charCodeAt(i), 0x01000193) // FNV-1a, once forward ...
    b = Math.imul(b ^ key.charCodeAt(key.length - 1 - i), 0x85ebca6b) // ... and once backward
  }
  return [a >>> 0, b >>> 0, 2]
}

function childKey(parent: Key, key: number | string): Key {
  const out = new Uint32Array(4)
  const [a, b, kind] = keyWords(key)
  // The last counter word separates forks (not 0) from draws (0): no fork ever reads its parent's numbers.
  philox4x32([a, b, 0, kind], parent, out)
  return [out[0]!, out[1]!]
}

class PhiloxRng implements Rng {
  readonly #key: Key
  #block = 0

  constructor(key: Key) {
    this.#key = key
  }

  reserve(n: number): WordPlace {
    checkInt('core.Rng.reserve', 'n', n, 0)
    const block = this.#block
    this.#block += Math.ceil(n / 4)
    return { key: this.#key, counter: [block >>> 0, Math.floor(block / 2 ** 32)] }
  }

  #words(n: number): Uint32Array {
    const { key, counter } = this.reserve(n)
    const out = new Uint32Array(4 * Math.ceil(n / 4))
    philox4x32([...counter, 0, 0], key, out)
    return out.subarray(0, n)
  }

  uniforms(n: number): Float32Array {
    checkInt('core.Rng.uniforms', 'n', n, 0)
    const words = this.#words(n)
    const out = new Float32Array(n)
    for (let i = 0; i < n; i++) out[i] = (words[i]! >>> 8) * 2 ** -24
    return out
  }

  normals(n: number): Float32Array {
    checkInt('core.Rng.normals', 'n', n, 0)
    const words = this.#words(2 * Math.ceil(n / 2))
    const out = new Float32Array(words.length)
    for (let i = 0; i < words.length; i += 2) {
      // (word + 1/2) / 2^32 is never 0, so the logarithm is finite; the largest normal is 6.8.
      const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) * 2 ** -32))
      const angle = 2 * Math.PI * ((words[i + 1]! + 0.5) * 2 ** -32)
      out[i] = radius * Math.cos(angle)
      out[i + 1] = radius * Math.sin(angle)
    }
    return out.subarray(0, n)
  }

  integers(n: number, below: number): Int32Array {
    checkInt('core.Rng.integers', 'n', n, 0)
    checkInt('core.Rng.integers', 'below', below, 1, 2 ** 31)
    const words = this.#words(n)
    const out = new Int32Array(n)
    for (let i = 0; i < n; i++) out[i] = Math.floor(words[i]! * 2 ** -32 * below)
    return out
  }

  permutation(n: number): Int32Array {
    checkInt('core.Rng.permutation', 'n', n, 0)
    const order = Int32Array.from({ length: n }, (_, i) => i)
    const words = this.#words(n)
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(words[i]! * 2 ** -32 * (i + 1))
      const swap = order[i]!
      order[i] = order[j]!
      order[j] = swap
    }
    return order
  }

  uniform<const Shape extends readonly number[]>(shape: Shape, min = 0, max = 1): TensorOf<Shape> {
    checkBackend('core.Rng.uniform')
    checkShape('core.Rng.uniform', 'shape', shape)
    checkNumber('core.Rng.uniform', 'min', min)
    checkNumber('core.Rng.uniform', 'max', max, min)
    const values = this.uniforms(tf.util.sizeFromShape([...shape]))
    return tensorOf(min === 0 && max === 1 ? values : values.map(u => min + (max - min) * u), shape)
  }

  normal<const Shape extends readonly number[]>(shape: Shape): TensorOf<Shape> {
    checkBackend('core.Rng.normal')
    checkShape('core.Rng.normal', 'shape', shape)
    return tensorOf(this.normals(tf.util.sizeFromShape([...shape])), shape)
  }

  fork(key: number | string): Rng {
    if (typeof key === 'number') checkInt('core.Rng.fork', 'key', key, 0, Number.MAX_SAFE_INTEGER)
    else if (typeof key !== 'string')
      throw new TypeError(`core.Rng.fork: key must be a string or an integer, got ${describe(key)}.`)
    return new PhiloxRng(childKey(this.#key, key))
  }
}

/**
 * The stream of a seed (Philox 4x32-10).
 *
 * @param seed  an integer in [0, 2^53)
 */
export function createRng(seed: number): Rng {
  checkInt('core.createRng', 'seed', seed, 0, Number.MAX_SAFE_INTEGER)
  return new PhiloxRng([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0])
}
