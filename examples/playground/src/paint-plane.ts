import { EXTENT } from './choices.js'

/** Colours of the page's theme. They are read at each use, because they change with the theme. */
export interface Palette {
  noise: string
  data: string
  faint: string
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return { noise: colour('noise'), data: colour('data'), faint: colour('faint') }
}

/** Only this many particles get a line; all of them get a dot. */
const LINES = 200
const DOT = 1.6

/**
 * Paint particles in the plane, and the paths behind them.
 *
 * @param states  [times][x and y of each particle in turn], from noise to data
 * @param done    how far along their paths the particles are, in [0, 1]
 */
export function paintPaths(canvas: HTMLCanvasElement, states: readonly Float32Array[], done: number): void {
  const { context, scale, at } = prepare(canvas)
  const { noise, data } = palette()
  const last = states.length - 1
  const count = states[0]!.length / 2
  context.lineWidth = 1.1 * scale
  context.lineCap = 'butt' // with round ends, the joints of a path's pieces would show
  context.globalAlpha = 0.5
  for (let i = 0; i < last; i++) {
    const [from, to] = [states[i], states[i + 1]] as [Float32Array, Float32Array]
    const [start, end] = [i / last, (i + 1) / last]
    // The colour changes along a path, also within one long step.
    const parts = Math.max(1, Math.ceil(12 / last))
    for (let part = 0; part < parts; part++) {
      const [a, b] = [part / parts, (part + 1) / parts]
      context.strokeStyle = mix(noise, data, start + ((a + b) / 2) * (end - start))
      context.beginPath()
      for (let p = 0; p < Math.min(LINES, count); p++) {
        context.moveTo(...at(between(from, to, p, a)))
        context.lineTo(...at(between(from, to, p, b)))
      }
      context.stroke()
    }
  }
  context.globalAlpha = 0.9
  context.fillStyle = mix(noise, data, done)
  const position = done * last
  const step = Math.min(Math.floor(position), last - 1)
  const [from, to] = [states[step], states[step + 1]] as [Float32Array, Float32Array]
  dots(
    context,
    Array.from({ length: count }, (_, p) => at(between(from, to, p, position - step))),
    DOT * scale,
  )
}

/** A canvas's drawing context in its own pixels, and the function that maps a point of the plane to them. */
function prepare(canvas: HTMLCanvasElement) {
  const scale = Math.min(devicePixelRatio || 1, 2)
  const side = Math.max(1, Math.round(canvas.clientWidth * scale))
  if (canvas.width !== side) canvas.width = canvas.height = side
  const context = canvas.getContext('2d')!
  context.clearRect(0, 0, side, side)
  context.globalAlpha = 1
  const unit = side / (2 * EXTENT)
  const at = ([x, y]: [number, number]): [number, number] => [(x + EXTENT) * unit, (EXTENT - y) * unit]
  return { context, scale, at }
}

function between(from: Float32Array, to: Float32Array, p: number, share: number): [number, number] {
  const [x, y] = [from[2 * p]!, from[2 * p + 1]!]
  return [x + share * (to[2 * p]! - x), y + share * (to[2 * p + 1]! - y)]
}

function dots(context: CanvasRenderingContext2D, places: [number, number][], radius: number): void {
  context.beginPath()
  for (const [x, y] of places) {
    context.moveTo(x + radius, y)
    context.arc(x, y, radius, 0, 2 * Math.PI)
  }
  context.fill()
}

const mix = (a: string, b: string, share: number) =>
  `color-mix(in oklab, ${a} ${(100 * (1 - share)).toFixed(1)}%, ${b})`
