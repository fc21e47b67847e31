import type { Cursor } from './cursor.js'
import { memoryOf, type PyValue } from './values.js'

/**
 * The stack of a pickle's machine, and the count of the memory that its values take. A mark begins a new stack above the one
 * before, until its values are taken.
 */
export class PickleStack {
  readonly #cursor: Cursor
  readonly #budget: number
  readonly #below: PyValue[][] = []
  #values: PyValue[] = []
  /** How many values are below the last mark. */
  #covered = 0
  #spent = 0

  /**
   * @param cursor  says in errors where the pickle is
   * @param budget  the most bytes of memory that the values may take
   */
  constructor(cursor: Cursor, budget: number) {
    this.#cursor = cursor
    this.#budget = budget
  }

  /** Whether there is no value above the last mark. */
  get isEmpty(): boolean {
    return this.#values.length === 0
  }

  push(value: PyValue): void {
    this.#values.push(value)
    this.charge(0)
  }

  /** Push a value that was not there before, which takes memory. */
  pushNew(value: PyValue): void {
    this.#values.push(value)
    this.charge(memoryOf(value))
  }

  /** Count memory that is never freed again. The stack's own is counted as long as it is used. */
  charge(bytes: number): void {
    this.#spent += bytes
    if (this.#spent + 16 * (this.#covered + this.#values.length) > this.#budget)
      throw this.#cursor.error(
        `the values of a pickle in a file of this size must take at most ${this.#budget} bytes of memory`,
        'more',
      )
  }

  mark(): void {
    this.#below.push(this.#values)
    this.#covered += this.#values.length
    this.#values = []
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
    this.#covered -= below.length
    this.#values = below
    return above
  }
}
