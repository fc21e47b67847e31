import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

export interface Point {
  step: number
  value: number
}

const MOST_POINTS = 600
const COLOUR = '#3987e5'
const SIZE = { width: 560, height: 240, marginLeft: 56, marginRight: 16 }

/** A curve over steps as SVG: the values in a pale colour, and their running mean on top. */
export function curve(points: readonly Point[], { log = false, smooth = true } = {}): string {
  const thin = thinned(points.filter(({ value }) => Number.isFinite(value)))
  const positive = thin.length > 0 && thin.every(({ value }) => value > 0)
  const pale = smooth && thin.length > 30
  return svg({
    ...SIZE,
    x: { label: 'step', tickFormat: '~s' },
    y: { label: null, grid: true, type: log && positive ? 'log' : 'linear', tickFormat: '~g', ticks: 5 },
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
    y: { label: null, grid: true, tickFormat: '~g', ticks: 5 },
    marks: [Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'value', fill: COLOUR, inset: 1 }), Plot.ruleY([0])],
  })
}

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>')
  return Plot.plot({ ...options, document: document as unknown as Document }).outerHTML
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
