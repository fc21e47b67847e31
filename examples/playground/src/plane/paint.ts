import { EXTENT } from '../choices.js'
import type { Paths } from '../worker/plane-messages.js'
import { type Point, placeOn } from './paths.js'

/** Colours of the page's theme. They are read at each use, because they change with the theme. */
export interface Palette {
  ink: string
  noise: string
  data: string
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return { ink: colour('ink'), noise: colour('noise'), data: colour('data') }
}

/** A canvas that shows the plane: `at` maps a point of the plane to the canvas's own pixels. */
export interface Surface {
  context: CanvasRenderingContext2D
  scale: number
  side: number
  at(point: Point): Point
}

/** Clear a square canvas, at the resolution of the screen. */
export function surface(canvas: HTMLCanvasElement): Surface {
  const scale = Math.min(devicePixelRatio || 1, 2)
  const side = Math.max(1, Math.round(canvas.clientWidth * scale))
  if (canvas.width !== side) canvas.width = canvas.height = side
  const context = canvas.getContext('2d')!
  context.clearRect(0, 0, side, side)
  context.globalAlpha = 1
  const unit = side / (2 * EXTENT)
  return { context, scale, side, at: ([x, y]) => [(x + EXTENT) * unit, (EXTENT - y) * unit] }
}

/** The place of the plane under a pointer. */
export function placeUnder(canvas: HTMLElement, event: PointerEvent): Point {
  const box = canvas.getBoundingClientRect()
  const share = (value: number) => Math.min(1, Math.max(0, value))
  return [
    (2 * share((event.clientX - box.left) / box.width) - 1) * EXTENT,
    (1 - 2 * share((event.clientY - box.top) / box.height)) * EXTENT,
  ]
}

/** Draw the paths of the first `count` particles, in colours from noise to data. */
export function drawPaths({ context, scale, at }: Surface, paths: Paths, count: number, alpha: number): void {
  const { noise, data } = palette()
  const shown = Math.min(count, paths[0]!.length / 2)
  // The colour changes along a path, also within one long step.
  const pieces = paths.length - 1
  const parts = pieces * Math.ceil(12 / pieces)
  context.lineWidth = 1.1 * scale
  context.lineCap = 'butt' // with round ends, the joints of a path's parts would show
  context.globalAlpha = alpha
  for (let part = 0; part < parts; part++) {
    const [from, to] = [part / parts, (part + 1) / parts]
    context.strokeStyle = mixColours(noise, data, (from + to) / 2)
    context.beginPath()
    for (let p = 0; p < shown; p++) {
      context.moveTo(...at(placeOn(paths, p, from)))
      context.lineTo(...at(placeOn(paths, p, to)))
    }
    context.stroke()
  }
  context.globalAlpha = 1
}

/** Length of the tails of moving particles, as a share of the time. */
const TAIL = 0.07

/** Draw all particles where they are when the share `done` of the time has passed, with tails if they move. */
export function drawParticles(
  { context, scale, at }: Surface,
  paths: Paths,
  done: number,
  { tails }: { tails: boolean },
): void {
  const { noise, data } = palette()
  const count = paths[0]!.length / 2
  context.fillStyle = context.strokeStyle = mixColours(noise, data, done)
  context.lineWidth = 1.2 * scale
  context.beginPath()
  if (tails && done > 0 && done < 1)
    for (let p = 0; p < count; p++) {
      context.moveTo(...at(placeOn(paths, p, done - TAIL)))
      context.lineTo(...at(placeOn(paths, p, done)))
    }
  context.globalAlpha = 0.35
  context.stroke()
  context.globalAlpha = 0.9
  const radius = 1.6 * scale
  context.beginPath()
  for (let p = 0; p < count; p++) {
    const [x, y] = at(placeOn(paths, p, done))
    context.moveTo(x + radius, y)
    context.arc(x, y, radius, 0, 2 * Math.PI)
  }
  context.fill()
  context.globalAlpha = 1
}

/** Draw lines between points, all in one colour. */
export function drawLines(
  { context, scale, at }: Surface,
  lines: readonly (readonly Point[])[],
  { colour, width, alpha = 1 }: { colour: string; width: number; alpha?: number },
): void {
  context.strokeStyle = colour
  context.lineWidth = width * scale
  context.lineJoin = 'round'
  context.globalAlpha = alpha
  context.beginPath()
  for (const line of lines)
    for (const [i, point] of line.entries())
      if (i === 0) context.moveTo(...at(point))
      else context.lineTo(...at(point))
  context.stroke()
  context.globalAlpha = 1
}

/** Draw an arrow of the plane. */
export function drawArrow(on: Surface, [x, y]: Point, [u, v]: Point, colour: string): void {
  const length = Math.hypot(u, v)
  if (length < 1e-3) return
  const [along, across] = [
    [u / length, v / length],
    [-v / length, u / length],
  ] as [Point, Point]
  const barb = (side: number): Point => [
    x + u - 0.2 * along[0] + side * 0.11 * across[0],
    y + v - 0.2 * along[1] + side * 0.11 * across[1],
  ]
  const shape: Point[][] = [
    [
      [x, y],
      [x + u, y + v],
    ],
    [barb(1), [x + u, y + v], barb(-1)],
  ]
  drawLines(on, shape, { colour, width: 3 })
}

/** Draw a ring around a point. */
export function drawRing(
  { context, scale, at }: Surface,
  point: Point,
  radius: number,
  colour: string,
): void {
  context.strokeStyle = colour
  context.lineWidth = 2 * scale
  context.beginPath()
  context.arc(...at(point), radius * scale, 0, 2 * Math.PI)
  context.stroke()
}

const mixColours = (a: string, b: string, share: number) =>
  `color-mix(in oklab, ${a} ${(100 * (1 - share)).toFixed(1)}%, ${b})`
