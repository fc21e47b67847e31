import { expect, it } from 'vitest'
import { crossingAt } from '../src/plane/crossing.js'
import { blend, placeOn, resample } from '../src/plane/paths.js'
import { verdict } from '../src/plane/verdict.js'

it('finds the pairs that cross at a place, and their average velocity', () => {
  // Two lines cross in the origin at t = 1/2; a third passes far away.
  const pairs = { z: Float32Array.of(1, 1, -1, 1, 3, 3), x: Float32Array.of(-1, -1, 1, -1, 3, 2) }
  const crossing = crossingAt(pairs, { x: 0, y: 0, t: 0.5 })
  expect(crossing.lines).toEqual([
    [
      [1, 1],
      [-1, -1],
    ],
    [
      [-1, 1],
      [1, -1],
    ],
  ])
  expect(crossing.velocity).toEqual([0, 2])
  expect(crossingAt(pairs, { x: 0, y: 0, t: 1 })).toEqual({ lines: [], velocity: undefined })
})

it('finds places on paths, also between states, and between two sets of paths', () => {
  const bent = [Float32Array.of(0, 0), Float32Array.of(1, 0), Float32Array.of(1, 1)]
  expect(placeOn(bent, 0, 0.25)).toEqual([0.5, 0])
  expect(placeOn(bent, 0, 2)).toEqual([1, 1])
  const finer = resample(bent, 4)
  expect(finer.map(state => [...state])).toEqual([
    [0, 0],
    [0.5, 0],
    [1, 0],
    [1, 0.5],
    [1, 1],
  ])
  expect(resample(finer, 4)).toBe(finer)
  const straight = [Float32Array.of(0, 0), Float32Array.of(0, 0), Float32Array.of(3, 1)]
  expect(blend(bent, straight, 0.5).map(state => [...state])).toEqual([
    [0, 0],
    [0.5, 0],
    [2, 1],
  ])
})

it('says what a round of Reflow gains, and what it no longer gains', () => {
  const flow = (square: number, straightness: number) => ({
    trained: true,
    straightness,
    errors: [{ nfe: 1, square, deviation: 4e-4 }],
    ruled: [],
  })
  const [first, second, third] = [flow(0.84, 0.47), flow(0.0025, 0.001), flow(0.0024, 0.0003)]
  expect(verdict([first])).toBe('')
  expect(verdict([first, second])).toBe(
    'The 2-RF gains on the 1-RF. In one network call its error is 0.050, after 0.917; its bend 0.001, after 0.470.',
  )
  expect(verdict([first, second, third])).toBe(
    'The 3-RF gains nothing on the 2-RF. In one network call its error is 0.049, after 0.050; its bend 0.000, after 0.001. The paths were straight already, and each round also learns the errors of the one before.',
  )
  expect(verdict([first, second, flow(0.3, 0.2)])).toMatch(/^The 3-RF is worse than the 2-RF\./)
})
