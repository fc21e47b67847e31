import { rungeKutta } from '@rectified-flow/ode'

export const ralston = rungeKutta({
  name: 'ralston',
  order: 2,
  a: [[], [2 / 3]],
  b: [1 / 4, 3 / 4],
  c: [0, 2 / 3],
})
