import type { Rng, WordPlace } from '@rectified-flow/core'

/** A fork of another stream, or an argument. */
type Origin = { parent: number; key: number | string } | { argument: number }

/**
 * Where a function's random words come from: by which forks of its arguments, in which order. So a later run has the places
 * of its own words, without the function.
 */
export class Draws {
  readonly #origins: Origin[] = []
  readonly #drawn: { stream: number; words: number }[] = []
  readonly #indices = new Map<WordPlace, number>()
  /** Whether the host computed with random numbers: then a later run can't have others without the function. */
  onHost = false

  /** The streams to give to the function in the place of its arguments. */
  watch(streams: readonly Rng[]): Rng[] {
    return streams.map((stream, argument) => this.#watched(stream, { argument }))
  }

  /** Which draw has this place; undefined for a place of another stream. */
  indexOf(place: WordPlace): number | undefined {
    return this.#indices.get(place)
  }

  /** The places of all draws, in order, when the arguments are these streams. */
  places(streams: readonly Rng[]): WordPlace[] {
    const all: Rng[] = []
    for (const origin of this.#origins)
      all.push('argument' in origin ? streams[origin.argument]! : all[origin.parent]!.fork(origin.key))
    return this.#drawn.map(({ stream, words }) => all[stream]!.reserve(words))
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
      uniform: onHost((shape, min, max) => stream.uniform(shape, min, max)),
      normal: onHost(shape => stream.normal(shape)),
      fork: key => this.#watched(stream.fork(key), { parent: index, key }),
      reserve: words => {
        const place = stream.reserve(words)
        this.#indices.set(place, this.#drawn.push({ stream: index, words }) - 1)
        return place
      },
    }
  }
}
