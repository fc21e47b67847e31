import type { PyValue } from './values.js'

/** The values that a pickle numbers, to use them again. Python numbers them from 0 on, so they fit in an array. */
export class Memo {
  readonly #dense: PyValue[] = []
  readonly #sparse = new Map<number, PyValue>()

  get size(): number {
    return this.#dense.length + this.#sparse.size
  }

  /** Returns about how many bytes of memory that takes. */
  set(key: number, value: PyValue): number {
    if (key >= 0 && key <= this.#dense.length) {
      this.#dense[key] = value
      return 16
    }
    this.#sparse.set(key, value)
    return 100
  }

  get(key: number): PyValue | undefined {
    return key < this.#dense.length ? this.#dense[key] : this.#sparse.get(key)
  }
}
