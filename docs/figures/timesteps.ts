import * as Plot from '@observablehq/plot'
import { exponentialRising, logitNormal, uniform, uShaped } from '@rectified-flow/timestep-dists'
import { BLUE, curve, curves, GREEN, GREY, RED, svg } from './svg.js'

/** Densities of the training time. */
export function timesteps(): string {
  const inside = [0.001, 0.999] as const
  return svg({
    marginRight: 130,
    x: { label: 't (0 data, 1 noise)' },
    y: { label: 'density', grid: true, domain: [0, 4.2] },
    marks: curves([
      { name: 'uniform', colour: GREY, points: curve(uniform().density, inside) },
      { name: 'uShaped, a = 4', colour: RED, points: curve(uShaped().density, inside) },
      { name: 'logitNormal', colour: BLUE, points: curve(logitNormal().density, inside) },
      { name: 'exponentialRising', colour: GREEN, points: curve(exponentialRising().density, inside) },
    ]).concat(Plot.ruleY([0])),
  })
}
