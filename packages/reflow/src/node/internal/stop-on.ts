/** Signals of the process; an empty list if another part of the program handles them. */
export type StopSignals = readonly NodeJS.Signals[]

/** Remember that one of these signals came. Only the first is caught; the next one has its default effect. */
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
