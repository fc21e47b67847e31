import { distanceText } from './distance-text.js'
import type { Numbers } from './flows.js'

/** What a round of Reflow has gained, or no longer gains, in one sentence; empty for a series of one flow. */
export function verdict(all: readonly Numbers[]): string {
  const [before, now] = [all.at(-2), all.at(-1)]
  const [old, own] = [before?.errors[0], now?.errors[0]]
  if (!old || !own || before?.straightness === undefined || now?.straightness === undefined) return ''
  const name = (back: number) => `${all.length - back}-RF`
  const calls = own.nfe === 1 ? 'one network call' : `${own.nfe} network calls`
  const gain = old.square - own.square
  const noise = 2 * Math.hypot(old.deviation, own.deviation)
  const numbers = `In ${calls} its error is ${distanceText(own)}, after ${distanceText(old)}; its bend ${now.straightness.toFixed(3)}, after ${before.straightness.toFixed(3)}.`
  if (gain > noise) return `The ${name(0)} gains on the ${name(1)}. ${numbers}`
  const word = gain < -noise ? 'is worse than' : 'gains nothing on'
  const reason =
    all.length > 2
      ? ' The paths were straight already, and each round also learns the errors of the one before.'
      : ''
  return `The ${name(0)} ${word} the ${name(1)}. ${numbers}${reason}`
}
