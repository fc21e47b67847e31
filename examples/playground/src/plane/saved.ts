import { POINT_SETS } from '../choices.js'
import { WEIGHTS } from '../worker/sizes.js'
import type { Series } from './series-text.js'

const KEY = 'rectified-flow.series'

/** Keep a series in this tab, so that a reload doesn't lose it. A browser that keeps nothing is no error. */
export function keepSeries({ rounds, ...settings }: Series): void {
  const texts = rounds.map(weights => {
    let text = ''
    for (const byte of new Uint8Array(weights.buffer)) text += String.fromCharCode(byte)
    return btoa(text)
  })
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...settings, rounds: texts }))
  } catch {}
}

/** The series that this tab keeps; undefined if there is none, or none that can be read. */
export function keptSeries(): Series | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { [key: string]: unknown }
    const rounds = (kept.rounds as string[]).map(
      text => new Float32Array(Uint8Array.from(atob(text), one => one.charCodeAt(0)).buffer),
    )
    const whole = rounds.every(weights => weights.length === WEIGHTS && weights.every(Number.isFinite))
    const data = POINT_SETS.find(name => name === kept.data)
    if (!whole || !data) return undefined
    return { data, ink: (kept.ink as boolean[]).map(Boolean), seed: Number(kept.seed), rounds }
  } catch {
    return undefined
  }
}

export function forgetSeries(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {}
}
