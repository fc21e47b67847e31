/** Signals of the process; none where another part of the program handles them. */
export type StopSignals = readonly NodeJS.Signals[]

/** Remember that one of these signals came. The first is only remembered; the next does what it does by default. */
export function stopOn(
  signals: StopSignals,
  abort?: AbortSignal,
): { readonly asked: boolean; release(): void } {
  let asked = false
  const ask = () => {
    asked = true
  }
  for (const signal of signals) process.once(signal, ask)
  return {
    get asked() {
      return asked || (abort?.aborted ?? false)
    },
    release() {
      for (const signal of signals) process.off(signal, ask)
    },
  }
}
