import type { ErrorPoint } from '../worker/plane-messages.js'
import { distanceOf, distanceText, isFar } from './distance-text.js'

/** A line of the chart: a flow's errors by network calls. Without a name it has no label. */
export interface ErrorLine {
  name: string
  /** Number of the flow, which gives the line its colour. */
  round: number
  dashed?: boolean
  points: readonly ErrorPoint[]
}

const [WIDTH, HEIGHT] = [340, 230]
const BOX = { left: 40, right: WIDTH - 46, top: 10, bottom: HEIGHT - 38 }
const CALLS = [1, 2, 4, 8, 16, 32]
const ERRORS = [0.01, 0.03, 0.1, 0.3, 1]

/** Error against network calls, both on scales where equal factors are equally far. */
export function paintErrors(host: HTMLElement, lines: readonly ErrorLine[]): void {
  const known = lines
    .filter(line => line.points.length > 0)
    .sort((a, b) => Number(b.dashed ?? false) - Number(a.dashed ?? false))
  const x = (nfe: number) => BOX.left + (Math.log2(nfe) / 5) * (BOX.right - BOX.left)
  const [low, high] = [Math.log(0.01), Math.log(2)]
  const y = (error: number) =>
    BOX.bottom - ((Math.log(Math.max(error, 0.01)) - low) / (high - low)) * (BOX.bottom - BOX.top)
  const axes = [
    ...CALLS.map(
      calls =>
        `<text class="tick" x="${x(calls)}" y="${BOX.bottom + 16}" text-anchor="middle">${calls}</text>`,
    ),
    ...ERRORS.map(
      error =>
        `<line class="grid" x1="${BOX.left}" x2="${BOX.right}" y1="${y(error)}" y2="${y(error)}"/>` +
        `<text class="tick" x="${BOX.left - 7}" y="${y(error) + 4}" text-anchor="end">${error}</text>`,
    ),
    `<text class="tick" x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 4}" text-anchor="middle">network calls</text>`,
  ]
  const ends = labelPlaces(known.map(({ name, points }) => (name ? y(distanceOf(points.at(-1)!)) : 0)))
  const drawn = known.map(({ name, round, dashed, points }, i) => {
    const places = points.map(point => `${x(point.nfe).toFixed(1)},${y(distanceOf(point)).toFixed(1)}`)
    const dots = points.map(
      point =>
        `<circle class="${isFar(point) ? 'far' : 'near'}" cx="${x(point.nfe)}" cy="${y(distanceOf(point))}" r="3"/>`,
    )
    const end = x(points.at(-1)!.nfe) + 7
    return (
      `<g class="flow-${round % 4}${dashed ? ' dashed' : ''}"><polyline points="${places.join(' ')}"/>${dots.join('')}` +
      `<text class="name" x="${end}" y="${ends[i]! + 4}">${name}</text></g>`
    )
  })
  host.innerHTML = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary(known)}">${axes.join('')}${drawn.join('')}</svg>`
}

/** Heights of labels, moved apart where they would overlap. */
function labelPlaces(heights: readonly number[]): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!)
  const places = [...heights]
  for (const [rank, i] of order.entries())
    if (rank > 0) places[i] = Math.max(places[i]!, places[order[rank - 1]!]! + 13)
  const over = Math.max(0, Math.max(...places, 0) - BOX.bottom + 2)
  return places.map(place => place - over)
}

function summary(lines: readonly ErrorLine[]): string {
  if (lines.length === 0) return 'Error against network calls: nothing is measured yet.'
  const parts = lines.map(({ name, round, points }) => {
    const [first, last] = [points[0]!, points.at(-1)!]
    return `${name || `${round + 1}-RF by the new rule`}: ${distanceText(first)} in ${first.nfe}, ${distanceText(last)} in ${last.nfe}`
  })
  return `Error against network calls. ${parts.join('; ')}.`
}
