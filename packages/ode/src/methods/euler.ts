import { rungeKutta } from '../runge-kutta.js'

/** Euler: x' = x + h f(x, t). Order 1, 1 call a step; exact for straight flows. */
export const euler = rungeKutta({ name: 'euler', order: 1, a: [[]], b: [1], c: [0] })
