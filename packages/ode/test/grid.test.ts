import {
  checkGrid,
  karrasGrid,
  karrasLevels,
  polynomialGrid,
  shiftedGrid,
  solve,
  uniformGrid,
} from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

it('divides the span evenly', () => {
  expect(uniformGrid(4)).toEqual([1, 0.75, 0.5, 0.25, 0])
  expect(uniformGrid(2, [0, 3])).toEqual([0, 1.5, 3])
})

it('ends where the span ends, is a grid, and reverses with its span', () => {
  const time = fc.double({ min: -10, max: 10, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), time, time, (steps, start, end) => {
      fc.pre(Math.abs(start - end) > 1e-6)
      const grid = uniformGrid(steps, [start, end])
      expect([grid.length, grid[0], grid.at(-1)]).toEqual([steps + 1, start, end])
      expect(() => checkGrid('test', 'grid', grid)).not.toThrow()
      expect(uniformGrid(steps, [end, start]).reverse()).toEqual(grid)
    }),
    { seed: 1, numRuns: 50 },
  )
})

it('says what is wrong with a grid', () => {
  const x = tf.ones([1])
  const failures: [() => unknown, string][] = [
    [() => uniformGrid(0), 'ode.uniformGrid: steps must be an integer >= 1, got 0.'],
    [
      () => uniformGrid(2, [1, 1]),
      'ode.uniformGrid: span must be strictly increasing or decreasing, got 1 after 1 at index 1.',
    ],
    [
      () => checkGrid('reflow.sample', 'times', [1]),
      'reflow.sample: times must be an array of at least 2 times, got [1].',
    ],
    [
      () => solve(tf.neg, x, { times: [1, 0.5, 0.75, 0] }),
      'ode.solve: times must be strictly increasing or decreasing, got 0.75 after 0.5 at index 2.',
    ],
    [
      () => solve(tf.neg, x, { times: [0, 0.5, Number.NaN] }),
      'ode.solve: times[2] must be a finite number, got NaN.',
    ],
    [() => solve(tf.neg, x, { steps: 1.5 }), 'ode.solve: steps must be an integer >= 1, got 1.5.'],
  ]
  for (const [body, message] of failures) expect(body).toThrow(new RangeError(message))
  expect(() => solve(tf.neg, x, { times: [1, 0], steps: 2 } as object)).toThrow(
    new TypeError('ode.solve: times must come without steps and span, got both.'),
  )
})

it('spaces grids as in the papers', () => {
  // EDM's noise levels for n = 3: 80, ((80^(1/7) + 0.002^(1/7))/2)^7, 0.002, then 0.
  const middle = ((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7
  const karras = karrasGrid(3)
  for (const [i, sigma] of [80, middle, 0.002, 0].entries())
    expect(karras[i]).toBeCloseTo(sigma / (1 + sigma), 12)
  expect(karrasGrid(1, { sigmaMax: 1 })).toEqual([0.5, 0])
  for (const [i, sigma] of [80, middle, 0.002, 0].entries()) expect(karrasLevels(3)[i]).toBeCloseTo(sigma, 12)
  expect(karrasLevels(3, { rho: 1, sigmaMin: 1, sigmaMax: 2 })).toEqual([2, 1.5, 1, 0])
  expect(karrasLevels(1, { sigmaMax: 1 })).toEqual([1, 0])
  expect(polynomialGrid(4)).toEqual([1, 1 - 1 / 16, 1 - 1 / 4, 1 - 9 / 16, 0])
  expect(polynomialGrid(2, { power: 3, span: [0, 8] })).toEqual([0, 1, 8])
  expect(shiftedGrid(2)).toEqual([1, 0.75, 0])
  expect(shiftedGrid(5, { shift: 1 })).toEqual(uniformGrid(5))
})

it('spaced grids are grids, with steps intervals, in their range', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.double({ min: 0.3, max: 8, noNaN: true }),
      (steps, value) => {
        for (const grid of [
          karrasGrid(steps, { rho: value }),
          polynomialGrid(steps, { power: value }),
          shiftedGrid(steps, { shift: value }),
        ]) {
          expect(grid.length).toBe(steps + 1)
          expect(() => checkGrid('test', 'grid', grid, [0, 1])).not.toThrow()
        }
      },
    ),
    { seed: 1, numRuns: 50 },
  )
})

it('says what is wrong with a spacing', () => {
  const failures: [() => unknown, string][] = [
    [() => karrasGrid(0), 'ode.karrasGrid: steps must be an integer >= 1, got 0.'],
    [() => karrasLevels(0), 'ode.karrasLevels: steps must be an integer >= 1, got 0.'],
    [
      () => karrasLevels(4, { sigmaMin: 0 }),
      'ode.karrasLevels: sigmaMin must be a finite number >= 5e-324, got 0.',
    ],
    [
      () => karrasGrid(4, { sigmaMin: 2, sigmaMax: 1 }),
      'ode.karrasGrid: sigmaMax must be a finite number >= 2, got 1.',
    ],
    [
      () => karrasGrid(4, { sigmaMin: 1, sigmaMax: 1 }),
      'ode.karrasGrid: the grid must be strictly increasing or decreasing, got 0.5 after 0.5 at index 1.',
    ],
    [
      () => polynomialGrid(4, { power: 0 }),
      'ode.polynomialGrid: power must be a finite number >= 5e-324, got 0.',
    ],
    [() => shiftedGrid(4, { span: [2, 0] }), 'ode.shiftedGrid: span[0] must be a number in [0, 1], got 2.'],
    [
      () => checkGrid('reflow.sample', 'times', [1.5, 0], [0, 1]),
      'reflow.sample: times[0] must be a number in [0, 1], got 1.5.',
    ],
  ]
  for (const [body, message] of failures) expect(body).toThrow(new RangeError(message))
})
