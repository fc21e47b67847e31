import { keptSeries } from './plane/saved.js'
import type { Series } from './plane/series-text.js'
import { textToWeights } from './plane/series-text.js'
import type { State } from './state.js'
import { WEIGHTS } from './worker/sizes.js'

/** The trained flow that a link brings, or else the one that this tab has kept, if it is of the state's data. */
export function linkedSeries(hash: string, { data, ink, seed }: State): Series | undefined {
  const text = new URLSearchParams(hash.replace(/^#/, '')).get('flow')
  if (text) {
    const rounds = text.split('.').map(one => textToWeights(one, WEIGHTS))
    if (rounds.every(one => one !== undefined)) return { data, ink, seed, rounds }
  }
  const kept = keptSeries()
  const same =
    kept?.data === data && kept.seed === seed && (data !== 'drawn' || kept.ink.join() === ink.join())
  return same ? kept : undefined
}
