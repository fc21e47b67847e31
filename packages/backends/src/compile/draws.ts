import type { Rng, WordPlace } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** Words for a kernel, or a tensor whose numbers the host draws. */
type Draw = { stream: number } & (
  | { words: number }
  | { normal: number[] }
  | { uniform: [number[], number?, number?] }
)

/** A fork of another stream, or an argument. */
type Origin = { parent: number; key: number | string } | { argument: number }

/**
 * Where a function's random words come from: by which forks of its arguments, in which order. So a later run has the places
 * of its own words, and its own tensors, without the function.
 */
export class Draws {
  readonly #origins: Origin[] = []
  readonly #drawn: Draw[] = []
  readonly #indices = new Map<WordPlace, number>()
  readonly #tensors = new Map<object, number>()
  /** Whether the host computed with random numbers: then a later run can't have others without the function. */
  onHost = false
  /** Whether the host drew tensors. */
  tensorsOnHost = false

  /** The streams to give to the function in the place of its arguments. */
  watch(streams: readonly Rng[]): Rng[] {
    return streams.map((stream, argument) => this.#watched(stream, { argument }))
  }

  /** Which draw has this place; undefined for a place of another stream. */
  indexOf(place: WordPlace): number | undefined {
    return this.#indices.get(place)
  }

  /** Which draw made this tensor; undefined for another one. */
  indexOfTensor(dataId: object): number | undefined {
    return this.#tensors.get(dataId)
  }

  /** The places and tensors of all draws, in order, when the arguments are these streams. */
  again(streams: readonly Rng[]): (WordPlace | tf.Tensor)[] {
    const all: Rng[] = []
    for (const origin of this.#origins)
      all.push('argument' in origin ? streams[origin.argument]! : all[origin.parent]!.fork(origin.key))
    return this.#drawn.map(draw => {
      const stream = all[draw.stream]!
      if ('words' in draw) return stream.reserve(draw.words)
      return 'normal' in draw ? stream.normal(draw.normal) : stream.uniform(...draw.uniform)
    })
  }

  /** Whether another run drew in the same way. */
  equals(other: Draws): boolean {
    return JSON.stringify([this.#origins, this.#drawn]) === JSON.stringify([other.#origins, other.#drawn])
  }

  #watched(stream: Rng, origin: Origin): Rng {
    const index = this.#origins.push(origin) - 1
    const onHost =
      <Args extends unknown[], Result>(draw: (...args: Args) => Result) =>
      (...args: Args): Result => {
        this.onHost = true
        return draw(...args)
      }
    return {
      uniforms: onHost(n => stream.uniforms(n)),
      normals: onHost(n => stream.normals(n)),
      integers: onHost((n, below) => stream.integers(n, below)),
      permutation: onHost(n => stream.permutation(n)),
      uniform: (shape, min, max) =>
        this.#tensor(stream.uniform(shape, min, max), { stream: index, uniform: [[...shape], min, max] }),
      normal: shape => this.#tensor(stream.normal(shape), { stream: index, normal: [...shape] }),
      fork: key => this.#watched(stream.fork(key), { parent: index, key }),
      reserve: words => {
        const place = stream.reserve(words)
        this.#indices.set(place, this.#drawn.push({ stream: index, words }) - 1)
        return place
      },
    }
  }

  #tensor<T extends tf.Tensor>(tensor: T, draw: Draw): T {
    this.tensorsOnHost = true
    this.#tensors.set(tensor.dataId, this.#drawn.push(draw) - 1)
    return tensor
  }
}
