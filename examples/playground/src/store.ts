import { fromHash, type State, toHash } from './state.js'

type Listener = (state: State, changed: ReadonlySet<keyof State>) => void

/** The state of the page, which is also kept in the page's address. */
export interface Store {
  readonly state: State
  change(values: Partial<State>): void
  /** Call `listener` after each change, with the keys that changed. */
  listen(listener: Listener): void
}

/** The address follows this much later: browsers refuse to rewrite it at every move of a pointer. */
const LAG_MS = 250

export function createStore(): Store {
  let state = fromHash(location.hash)
  const listeners: Listener[] = []
  let timer = 0

  function change(values: Partial<State>): void {
    const keys = (Object.keys(values) as (keyof State)[]).filter(key => values[key] !== state[key])
    if (keys.length === 0) return
    state = { ...state, ...values }
    const changed = new Set(keys)
    for (const listener of listeners) listener(state, changed)
    clearTimeout(timer)
    timer = window.setTimeout(() => history.replaceState(null, '', `#${toHash(state)}`), LAG_MS)
  }

  addEventListener('hashchange', () => change(fromHash(location.hash)))
  return {
    get state() {
      return state
    },
    change,
    listen: listener => listeners.push(listener),
  }
}
