import type { Paths } from '../worker/plane-messages.js'

export type Point = [x: number, y: number]

/** Where particle p is when the share `done` of the time from noise to data has passed. */
export function placeOn(paths: Paths, p: number, done: number): Point {
  const position = Math.min(Math.max(done, 0), 1) * (paths.length - 1)
  const step = Math.min(Math.floor(position), paths.length - 2)
  const share = position - step
  const [from, to] = [paths[step]!, paths[step + 1]!]
  const [x, y] = [from[2 * p]!, from[2 * p + 1]!]
  return [x + share * (to[2 * p]! - x), y + share * (to[2 * p + 1]! - y)]
}

/** The same paths with `pieces` straight pieces each. */
export function resample(paths: Paths, pieces: number): Paths {
  if (paths.length === pieces + 1) return paths
  const last = paths.length - 1
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const position = (i / pieces) * last
    const step = Math.min(Math.floor(position), last - 1)
    return mix(paths[step]!, paths[step + 1]!, position - step)
  })
}

/** Paths between two, which must have as many states. */
export function blend(a: Paths, b: Paths, share: number): Paths {
  if (share <= 0) return a
  return share >= 1 ? b : a.map((state, i) => mix(state, b[i]!, share))
}

function mix(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const out = new Float32Array(a.length)
  for (let i = 0; i < out.length; i++) out[i] = a[i]! + share * (b[i]! - a[i]!)
  return out
}
