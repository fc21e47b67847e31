import * as Plot from '@observablehq/plot'
import { euler, heun, type Method, rk4, solve } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { BLUE, curves, GREEN, RED, svg } from './svg.js'

/** Error over network calls on dx/dt = -x. */
export function samplers(): string {
  const errors = (method: Method, steps: readonly number[]) =>
    steps.map(count => {
      const { x, nfe } = solve(x => tf.neg(x), tf.ones([1, 1]), { method, steps: count, span: [0, 1] })
      return { x: nfe, y: Math.abs(x.dataSync()[0]! - Math.exp(-1)) }
    })
  const all = [
    { name: 'euler', colour: RED, points: errors(euler, [1, 2, 4, 8, 16, 32, 64]) },
    { name: 'heun', colour: BLUE, points: errors(heun, [1, 2, 4, 8, 16, 32]) },
    { name: 'rk4', colour: GREEN, points: errors(rk4, [1, 2, 4]) },
  ]
  return svg({
    marginRight: 70,
    x: { label: 'network calls', type: 'log', base: 2 },
    y: { label: 'error', type: 'log', grid: true, tickFormat: '~e', ticks: 5 },
    marks: curves(all).concat(
      all.map(({ points, colour }) => Plot.dot(points, { x: 'x', y: 'y', fill: colour })),
    ),
  })
}
