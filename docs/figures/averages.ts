import * as Plot from '@observablehq/plot'
import { emaWarmUp } from '@rectified-flow/reflow'
import { BLUE, curves, RED, svg } from './svg.js'

/** What is left of the initial weights in the moving average. */
export function averages(): string {
  const share = (decay: (n: number) => number) => {
    let left = 1
    const points: { x: number; y: number }[] = []
    for (let x = 1; x <= 2000; x++) {
      left *= decay(x)
      if (x % 10 === 0 || x < 50) points.push({ x, y: left })
    }
    return points
  }
  return svg({
    marginRight: 150,
    x: { label: 'updates', type: 'log', tickFormat: '~s', ticks: 4 },
    y: { label: 'share of the initial weights', domain: [0, 1], grid: true, tickFormat: '%' },
    marks: curves([
      { name: 'constant 0.9999', colour: RED, points: share(() => 0.9999) },
      { name: 'warm-up to 0.9999', colour: BLUE, points: share(emaWarmUp(0.9999)) },
    ]).concat(Plot.ruleY([0])),
  })
}
