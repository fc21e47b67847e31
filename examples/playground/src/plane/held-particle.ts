import { element } from '../dom.js'
import { latest, type Remote } from '../rpc.js'
import type { Api, Which } from '../worker/api.js'
import type { PairsView, Place } from '../worker/plane-messages.js'
import { type Crossing, crossingAt, NEAR } from './crossing.js'
import { drawArrow, drawLines, drawRing, palette, type Surface } from './paint.js'
import { type Point, placeOn } from './paths.js'

/** Only so many of the pairs that cross get a line. */
const LINES = 60

/** A particle that is held: the pairs that cross at its place, and its path in both flows from the same noise. */
export interface HeldParticle {
  hold(round: number, place: Place): void
  release(): void
  readonly holding: boolean
  /** Draw what is known of it on the picture of a flow. */
  draw(on: Surface, round: number, done: number, now: 'resting' | 'moving'): void
}

/**
 * @param pairs    pairs that a flow learned from, if they are known
 * @param onChange called when there is more to draw
 */
export function heldParticle(
  worker: Remote<Api>,
  which: Which,
  pairs: (round: number) => Promise<PairsView | undefined>,
  onChange: () => void,
): HeldParticle {
  let held: { round: number; place: Place } | undefined
  let crossing: Crossing | undefined
  let paths: [Float32Array, Float32Array] | undefined

  const follow = latest(async () => {
    if (!held) return
    const { round, place } = held
    const known = await pairs(round)
    const path = await worker.through(which, round, place)
    if (!known || !path) return
    const [x, y] = path as unknown as [number, number]
    const other = await worker.through(which, 1 - round, { x, y, t: 1 })
    if (!other || !held) return
    crossing = crossingAt(known, place)
    paths = round === 0 ? [path, other] : [other, path]
    tell(round, place, path)
    onChange()
  })

  function tell(round: number, { x, y, t }: Place, path: Float32Array): void {
    const count = crossing?.lines.length ?? 0
    const begin = `At t = ${t.toFixed(2)}, ${count === 1 ? '1 pair passes' : `${count} pairs pass`} within ${NEAR} of this place.`
    const target = ([u, v]: Point) => `(${(x - t * u).toFixed(2)}, ${(y - t * v).toFixed(2)})`
    const velocity = velocityAlong(path, t)
    element('held').textContent = crossing?.velocity
      ? `${begin} The arrow is their average velocity, followed to t = 0: it ends at the mean of their data, ${target(crossing.velocity)}. The velocity of the ${round + 1}-RF leads to ${target(velocity)}.`
      : begin
  }

  return {
    hold(round, place) {
      held = { round, place }
      follow()
      onChange()
    },
    get holding() {
      return held !== undefined
    },
    release() {
      held = crossing = paths = undefined
      element('held').textContent = element('held').dataset.idle ?? ''
      onChange()
    },
    draw(on, round, done, now) {
      if (!held) return
      const { ink, data } = palette()
      const { x, y, t } = held.place
      const here = round === held.round && now === 'resting'
      if (here && crossing)
        drawLines(on, crossing.lines.slice(0, LINES), { colour: ink, width: 0.8, alpha: 0.35 })
      const path = paths?.[round]
      if (path) {
        const states = pointsOf(path)
        drawLines(on, [states], { colour: ink, width: 2.5 })
        const particle = placeOn(
          states.map(point => Float32Array.from(point)),
          0,
          done,
        )
        drawRing(on, particle, 5, data)
      }
      if (!here) return
      drawRing(on, [x, y], 8, ink)
      if (crossing?.velocity) drawArrow(on, [x, y], crossing.velocity.map(speed => -t * speed) as Point, data)
    },
  }
}

const pointsOf = (path: Float32Array): Point[] =>
  Array.from({ length: path.length / 2 }, (_, i) => [path[2 * i]!, path[2 * i + 1]!])

/** dx/dt of a path of evenly falling times at the time t, from the piece of it that t is in. */
function velocityAlong(path: Float32Array, t: number): Point {
  const pieces = path.length / 2 - 1
  const at = 2 * Math.min(Math.floor((1 - t) * pieces), pieces - 1)
  return [(path[at]! - path[at + 2]!) * pieces, (path[at + 1]! - path[at + 3]!) * pieces]
}
