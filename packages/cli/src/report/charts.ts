import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

export interface Point {
  step: number
  value: number
}

const MOST_POINTS = 600
const COLOUR = '#3987e5'
const SIZE = { width: 560, height: 240, marginLeft: 56, marginRight: 16 }
/** A function that formats each tick: Plot's own formats leave some ticks of a logarithmic axis without a number. */
const Y = { label: null, grid: true, ticks: 5, tickFormat: shortNumber } as const

/** A curve over steps as SVG: the values in a pale colour, and their running mean on top. */
export function curve(points: readonly Point[], { log = false, smooth = true } = {}): string {
  const thin = thinned(points.filter(({ value }) => Number.isFinite(value)))
  const pale = smooth && thin.length > 30
  const decades = log ? powersWithin(thin.map(({ value }) => value)) : []
  return svg({
    ...SIZE,
    x: { label: 'step', tickFormat: '~s' },
    y: { ...Y, ...(decades.length > 0 && { type: 'log', ticks: decades }) },
    marks: [
      Plot.lineY(thin, {
        x: 'step',
        y: 'value',
        stroke: COLOUR,
        strokeOpacity: pale ? 0.3 : 1,
        strokeWidth: pale ? 1 : 2,
      }),
      ...(pale ? [Plot.lineY(running(thin), { x: 'step', y: 'value', stroke: COLOUR, strokeWidth: 2 })] : []),
      ...(thin.length <= 30 ? [Plot.dot(thin, { x: 'step', y: 'value', fill: COLOUR, r: 2.5 })] : []),
    ],
  })
}

/** Bars over equal intervals of [0, 1] as SVG. */
export function barsOverTime(values: readonly (number | null)[]): string {
  const bars = values.flatMap((value, i) =>
    value === null ? [] : [{ from: i / values.length, to: (i + 1) / values.length, value }],
  )
  return svg({
    ...SIZE,
    x: { label: 't (0 data, 1 noise)', domain: [0, 1] },
    y: Y,
    marks: [Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'value', fill: COLOUR, inset: 1 }), Plot.ruleY([0])],
  })
}

const BINS = 40

/** How many of the values are where, as SVG. The outer bars also hold the half percent at either end that lies beyond. */
export function histogram(values: ArrayLike<number>): string {
  const sorted = Float64Array.from(values).sort()
  const [least, most] = [0.005, 0.995].map(share => sorted[Math.floor(share * (sorted.length - 1))]!) as [
    number,
    number,
  ]
  const width = (most - least || Math.abs(least) || 1) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of sorted) counts[Math.min(Math.max(Math.floor((value - least) / width), 0), BINS - 1)]!++
  const bars = counts.map((count, i) => ({ from: least + i * width, to: least + (i + 1) * width, count }))
  return svg({
    ...SIZE,
    x: { label: null, tickFormat: shortNumber, ticks: 6 },
    y: { ...Y, label: 'pairs' },
    marks: [
      Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'count', fill: COLOUR, inset: 0.5 }),
      Plot.ruleY([0]),
    ],
  })
}

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>')
  return Plot.plot({ ...options, document: document as unknown as Document }).outerHTML
}

/** `0.25`, `20000`, `2e-4` or `3e6`. */
function shortNumber(value: number): string {
  const rounded = Number(value.toPrecision(6))
  const size = Math.abs(rounded)
  const plain = size === 0 || (size >= 1e-3 && size < 1e6)
  return plain ? String(rounded) : rounded.toExponential().replace('e+', 'e')
}

/**
 * The ticks of a logarithmic axis: 1, 2 and 5 times the powers of ten, or some of these alone if there are many. Empty for values that
 * don't need one: because one is not positive, or because they span less than a power of ten.
 */
function powersWithin(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const span = least > 0 ? Math.log10(most / least) : 0
  if (span < 1) return []
  const first = Math.floor(Math.log10(least))
  const powers = Array.from({ length: Math.ceil(span) + 2 }, (_, i) => 10 ** (first + i))
  const every = Math.ceil(span / 6)
  const ticks =
    span < 3
      ? powers.flatMap(power => [power, 2 * power, 5 * power])
      : powers.filter((_, i) => i % every === 0)
  return ticks.filter(tick => tick >= least && tick <= most)
}

/** Means over neighbouring points, so that the page of a long run stays small. */
function thinned(points: readonly Point[]): Point[] {
  const width = Math.ceil(points.length / MOST_POINTS)
  if (width <= 1) return [...points]
  return Array.from({ length: Math.ceil(points.length / width) }, (_, i) => {
    const group = points.slice(i * width, (i + 1) * width)
    const value = group.reduce((sum, point) => sum + point.value, 0) / group.length
    return { step: (group.at(-1) as Point).step, value }
  })
}

/** Exponential running mean over about a thirtieth of the curve, corrected for the bias at its start. */
function running(points: readonly Point[]): Point[] {
  const decay = 1 - 30 / (points.length + 30)
  let [mean, weight] = [0, 0]
  return points.map(({ step, value }) => {
    mean = decay * mean + (1 - decay) * value
    weight = decay * weight + (1 - decay)
    return { step, value: mean / weight }
  })
}
