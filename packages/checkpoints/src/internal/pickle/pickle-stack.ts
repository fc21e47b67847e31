import type { Cursor } from './cursor.js'
import type { PyValue } from './values.js'

/** The stack of a pickle's machine. A mark begins a new stack above the one before, until its values are taken. */
export class PickleStack {
  readonly #cursor: Cursor
  readonly #below: PyValue[][] = []
  #values: PyValue[] = []

  /** @param cursor  says in errors where the pickle is */
  constructor(cursor: Cursor) {
    this.#cursor = cursor
  }

  /** Whether there is no value above the last mark. */
  get isEmpty(): boolean {
    return this.#values.length === 0
  }

  push(value: PyValue): void {
    this.#values.push(value)
  }

  /** @param above  the values above the mark, none yet */
  mark(above: PyValue[]): void {
    this.#below.push(this.#values)
    this.#values = above
  }

  top(): PyValue {
    if (this.isEmpty) throw this.#cursor.error('an operation must find a value', 'an empty stack')
    return this.#values.at(-1)!
  }

  pop(): PyValue {
    const value = this.top()
    this.#values.pop()
    return value
  }

  popMany(n: number): PyValue[] {
    if (this.#values.length < n)
      throw this.#cursor.error(`an operation must find ${n} values`, `${this.#values.length}`)
    return this.#values.splice(-n)
  }

  /** The values above the last mark. */
  popMark(): PyValue[] {
    const below = this.#below.pop()
    if (!below) throw this.#cursor.error('an operation must find a mark', 'none')
    const above = this.#values
    this.#values = below
    return above
  }
}
