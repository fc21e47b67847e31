const events = ['uncaughtException', 'unhandledRejection'] as const

/**
 * tfjs's wasm module listens for uncaught errors when it starts, and only throws them again. With such a listener Node prints
 * the line that throws, which is 38 kB of minified code, and exits with 7. Call this before the module starts.
 *
 * @returns  removes the listeners that were added since and that throw
 */
export function rethrowingListeners(): () => void {
  const before = events.map(event => new Set<unknown>(process.rawListeners(event)))
  return () => {
    for (const [i, event] of events.entries())
      for (const listener of process.rawListeners(event))
        if (!before[i]!.has(listener) && /\bthrow\b/.test(String(listener)))
          process.removeListener(event, listener as () => void)
  }
}
