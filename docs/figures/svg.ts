import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

export const BLUE = '#2b749f'
export const RED = '#c0392b'
export const GREY = '#8a8a8a'
export const GREEN = '#3a7d44'

/** A plot as the text of an SVG file. */
export function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><body></body>')
  const plot = Plot.plot({
    width: 640,
    height: 300,
    marginLeft: 56,
    marginBottom: 42,
    style: { fontFamily: 'system-ui, sans-serif', fontSize: '13px', background: 'white', color: '#222' },
    ...options,
    document: document as unknown as Document,
  })
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${plot.outerHTML.replace(/(\.\d\d)\d{3,}/g, '$1')}\n`
}

/** A curve with its name at its end: y over x. */
export interface Curve {
  name: string
  colour: string
  points: readonly { x: number; y: number }[]
  /** Moves the name down by so many pixels. */
  dy?: number
}

/** The marks of some curves. */
export function curves(all: readonly Curve[]): Plot.Markish[] {
  return all.flatMap(({ name, colour, points, dy = 0 }) => [
    Plot.line(points, { x: 'x', y: 'y', stroke: colour, strokeWidth: 2 }),
    Plot.text(points.slice(-1), {
      x: 'x',
      y: 'y',
      text: [name],
      fill: colour,
      textAnchor: 'start',
      dx: 6,
      dy,
    }),
  ])
}

/** y over `count` + 1 even places of x. */
export function curve(
  y: (x: number) => number,
  [from, to]: readonly [number, number],
  count = 100,
): { x: number; y: number }[] {
  return Array.from({ length: count + 1 }, (_, i) => {
    const x = from + ((to - from) * i) / count
    return { x, y: y(x) }
  })
}
