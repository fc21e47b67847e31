import { rungeKutta } from '../runge-kutta.js'

/** Heun: x' = x + h/2 (f(x, t) + f(x + h f(x, t), t + h)). Order 2, 2 calls a step. */
export const heun = rungeKutta({ name: 'heun', order: 2, a: [[], [1]], b: [1 / 2, 1 / 2], c: [0, 1] })
