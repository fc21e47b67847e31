import { rungeKutta } from '../runge-kutta.js'

/** Midpoint: x' = x + h f(x + h/2 f(x, t), t + h/2). Order 2, 2 calls a step. */
export const midpoint = rungeKutta({ name: 'midpoint', order: 2, a: [[], [1 / 2]], b: [0, 1], c: [0, 1 / 2] })
