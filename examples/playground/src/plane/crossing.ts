import type { PairsView, Place } from '../worker/plane-messages.js'
import type { Point } from './paths.js'

/** Pairs whose lines pass this near to a place are said to cross there. */
export const NEAR = 0.25

/** The pairs that cross at a place, and what they have in common. */
export interface Crossing {
  /** Noise and data of each. */
  lines: readonly [noise: Point, data: Point][]
  /** Their average velocity dx/dt; undefined where no pair crosses. */
  velocity: Point | undefined
}

/** The pairs that are near to a place at its time: x_t = (1 - t) x + t z. */
export function crossingAt({ z, x }: PairsView, { t, ...place }: Place): Crossing {
  const lines: [Point, Point][] = []
  const sum = [0, 0] as Point
  for (let i = 0; i < z.length; i += 2) {
    const [noise, data]: [Point, Point] = [
      [z[i]!, z[i + 1]!],
      [x[i]!, x[i + 1]!],
    ]
    const at = (axis: 0 | 1) => (1 - t) * data[axis] + t * noise[axis]
    if (Math.hypot(at(0) - place.x, at(1) - place.y) > NEAR) continue
    lines.push([noise, data])
    for (const axis of [0, 1] as const) sum[axis] += noise[axis] - data[axis]
  }
  const velocity: Point | undefined =
    lines.length > 0 ? [sum[0] / lines.length, sum[1] / lines.length] : undefined
  return { lines, velocity }
}
