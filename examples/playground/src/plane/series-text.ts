import type { PlaneSettings } from '../worker/plane-messages.js'

/** A series of trained flows: the weights of the 1-rectified flow, of the 2-rectified flow, and so on. */
export interface Series extends PlaneSettings {
  rounds: readonly Float32Array[]
}

/** So many weights share a scale. */
const BLOCK = 64

/** Weights as text for a link, a byte each: whole shares of the largest in their block, in URL-safe base64. */
export function weightsToText(weights: Float32Array): string {
  const blocks = Math.ceil(weights.length / BLOCK)
  const bytes = new Uint8Array(4 * blocks + weights.length)
  const view = new DataView(bytes.buffer)
  for (let block = 0; block < blocks; block++) {
    const values = weights.subarray(block * BLOCK, (block + 1) * BLOCK)
    const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127)
    view.setFloat32(4 * block, scale, true)
    for (const [i, value] of values.entries())
      view.setInt8(4 * blocks + block * BLOCK + i, scale === 0 ? 0 : Math.round(value / scale))
  }
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The weights of a text of `weightsToText`; undefined unless it holds `count` finite ones. */
export function textToWeights(text: string, count: number): Float32Array | undefined {
  const blocks = Math.ceil(count / BLOCK)
  if (!/^[\w-]+$/.test(text)) return undefined
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), one =>
      one.charCodeAt(0),
    )
    if (bytes.length !== 4 * blocks + count) return undefined
    const view = new DataView(bytes.buffer)
    const weights = Float32Array.from(
      { length: count },
      (_, i) => view.getFloat32(4 * Math.floor(i / BLOCK), true) * view.getInt8(4 * blocks + i),
    )
    return weights.every(Number.isFinite) ? weights : undefined
  } catch {
    return undefined
  }
}
