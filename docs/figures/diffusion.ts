import { BLUE, curve, curves, svg } from './svg.js'

/** EDM's noise level over the flow's time. */
export function diffusion(): string {
  return svg({
    marginRight: 130,
    x: { label: 't (0 data, 1 noise)', domain: [0, 1] },
    y: { label: 'σ', type: 'log', domain: [0.002, 80], grid: true, tickFormat: '~g', ticks: 5 },
    marks: curves([
      { name: 'σ = t / (1 - t)', colour: BLUE, points: curve(t => t / (1 - t), [0.002, 0.9876]) },
    ]),
  })
}
