import { rungeKutta } from '../runge-kutta.js'

/** Kutta's third-order method. Order 3, 3 calls a step. */
export const rk3 = rungeKutta({
  name: 'rk3',
  order: 3,
  a: [[], [1 / 2], [-1, 2]],
  b: [1 / 6, 2 / 3, 1 / 6],
  c: [0, 1 / 2, 1],
})
