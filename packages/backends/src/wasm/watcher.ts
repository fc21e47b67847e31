import type { WordPlace } from '@rectified-flow/core'
import type { WasmBackend } from './backend.js'

/** What a function of ours takes: numbers, addresses, and where random words are. */
export type Value = number | boolean | WordPlace

/** A place of random words becomes four numbers, its key and its counter. */
export function numbersOf(values: readonly Value[]): number[] {
  const numbers: number[] = []
  for (const value of values) {
    if (typeof value === 'object') numbers.push(...value.key, ...value.counter)
    else numbers.push(Number(value))
  }
  return numbers
}

/** A function of assembly/ that ran on all units of its work. */
export interface OursRan {
  name: string
  /** Which of its numbers are addresses. */
  addresses: readonly number[]
  values: readonly Value[]
  units: number
  /** Run it on other numbers. */
  run(numbers: readonly number[]): void
}

/** A function of tfjs's module that ran: it takes numbers, some of which are numbers of tensors, and bytes. */
export interface StockRan {
  name: string
  args: readonly (number | boolean | Uint8Array)[]
  returns: boolean
}

/** Sees every WebAssembly function that kernels call. */
export interface Watcher {
  ours(ran: OursRan): void
  stock(ran: StockRan): void
}

// Copies of this package share their kernels, so they share the watcher too.
const WATCHER = Symbol.for('rectified-flow.watcher')
const WATCHED = Symbol.for('rectified-flow.watched')

type Watched = WasmBackend & { [WATCHER]?: Watcher | undefined; [WATCHED]?: true }

export const watcherOf = (backend: WasmBackend): Watcher | undefined => (backend as Watched)[WATCHER]

export function setWatcher(backend: WasmBackend, watcher: Watcher | undefined): void {
  ;(backend as Watched)[WATCHER] = watcher
}

/**
 * From now on, watchers see tfjs's functions too. Kernels get them from `cwrap` when they are set up: now, and whenever the
 * backend is activated.
 */
export function watchStock(backend: WasmBackend, setups: readonly ((backend: never) => void)[]): void {
  const watched = backend as Watched
  if (watched[WATCHED]) return
  watched[WATCHED] = true
  const { cwrap } = backend.wasm
  backend.wasm.cwrap = (name, result, types) => {
    const func = cwrap(name, result, types)
    return (...args) => {
      const returned = func(...args)
      watcherOf(backend)?.stock({
        name,
        args: args as StockRan['args'],
        returns: (result as unknown) !== null,
      })
      return returned
    }
  }
  for (const setup of setups) setup(backend as never)
}
