import * as Plot from '@observablehq/plot'
import { createRng } from '@rectified-flow/core'
import { BLUE, RED, svg } from './svg.js'

/** Two clouds of features, and the ellipses of two standard deviations that the Fréchet distance compares. */
export function distances(): string {
  const rng = createRng(1)
  const clouds = [
    { colour: BLUE, name: 'real', centre: [0, 0], axes: [1, 0.45], turn: 0.5 },
    { colour: RED, name: 'generated', centre: [2.6, 0.5], axes: [0.6, 0.6], turn: 0 },
  ] as const
  const place = ({ centre, axes, turn }: (typeof clouds)[number], [a, b]: readonly [number, number]) => ({
    x: centre[0] + axes[0] * a * Math.cos(turn) - axes[1] * b * Math.sin(turn),
    y: centre[1] + axes[0] * a * Math.sin(turn) + axes[1] * b * Math.cos(turn),
  })
  return svg({
    aspectRatio: 1,
    height: undefined,
    width: 560,
    x: { label: 'one feature', ticks: [] },
    y: { label: 'another', ticks: [] },
    marks: clouds.flatMap(cloud => {
      const numbers = rng.fork(cloud.name).normals(300)
      const points = Array.from({ length: 150 }, (_, i) =>
        place(cloud, [numbers[2 * i]!, numbers[2 * i + 1]!]),
      )
      const ring = Array.from({ length: 65 }, (_, i) => {
        const angle = (Math.PI * i) / 32
        return place(cloud, [2 * Math.cos(angle), 2 * Math.sin(angle)])
      })
      return [
        Plot.dot(points, { x: 'x', y: 'y', r: 1.8, fill: cloud.colour, fillOpacity: 0.5 }),
        Plot.line(ring, { x: 'x', y: 'y', stroke: cloud.colour, strokeWidth: 1.5 }),
        Plot.dot([cloud], {
          x: () => cloud.centre[0],
          y: () => cloud.centre[1],
          symbol: 'times',
          stroke: cloud.colour,
          r: 5,
        }),
        Plot.text([cloud], {
          x: () => cloud.centre[0],
          y: () => cloud.centre[1] + 1.6,
          text: 'name',
          fill: cloud.colour,
        }),
      ]
    }),
  })
}
