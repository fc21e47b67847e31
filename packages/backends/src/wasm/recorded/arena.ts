import type { WasmBackend } from '../backend.js'

/** How many bytes a program needs. */
export interface Share {
  readonly bytes: number
}

const arenas = new WeakMap<WasmBackend, Arena>()

/** One piece of the heap for all compiled functions on a backend. They run one after the other, so they share it. */
export class Arena {
  readonly #backend: WasmBackend
  readonly #shares = new Set<Share>()
  #address = 0
  #bytes = 0

  static of(backend: WasmBackend): Arena {
    const known = arenas.get(backend) ?? new Arena(backend)
    arenas.set(backend, known)
    return known
  }

  constructor(backend: WasmBackend) {
    this.#backend = backend
  }

  /** All of its memory in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Where it is. It moves when a program comes or goes that needs more than the others. */
  get address(): number {
    const needed = Math.max(0, ...[...this.#shares].map(({ bytes }) => bytes))
    if (needed !== this.#bytes) {
      this.#free()
      this.#address = needed > 0 ? allocate(this.#backend, needed) : 0
      this.#bytes = needed
    }
    return this.#address
  }

  take(bytes: number): Share {
    const share = { bytes }
    this.#shares.add(share)
    return share
  }

  release(share: Share): void {
    this.#shares.delete(share)
    if (this.#shares.size === 0) this.#free()
  }

  #free(): void {
    if (this.#bytes > 0) this.#backend.wasm._free(this.#address)
    this.#bytes = 0
  }
}

/** Memory of the heap, above 2 GiB too. */
export const allocate = ({ wasm }: WasmBackend, bytes: number): number => wasm._malloc(bytes) >>> 0
