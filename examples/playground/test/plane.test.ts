import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { POINT_SETS } from '../src/choices.js'
import { energyDistanceTo } from '../src/worker/energy-distance.js'
import { Plane } from '../src/worker/plane.js'
import type { Progress } from '../src/worker/plane-messages.js'
import { drawPoints } from '../src/worker/point-sets.js'

const settings = { data: 'moons', ink: [], seed: 1 } as const
const training = { steps: 12, timesteps: 'uniform', loss: 'squaredL2' } as const
const ink = Array.from({ length: 32 * 32 }, (_, cell) => cell === 0 || cell === 33)

beforeAll(() => useBackend('wasm')) // plain JavaScript is too slow for flows

it.each(POINT_SETS)('%s lies in the plane that is shown, and depends only on the seed', name => {
  const points = drawPoints(name, 2000, createRng(1), ink)
  expect(drawPoints(name, 2000, createRng(1), ink)).toEqual(points)
  expect(Math.max(...points.map(Math.abs))).toBeLessThanOrEqual(3)
})

it('draws from the cells that have ink', () => {
  const points = drawPoints('drawn', 1000, createRng(1), ink)
  const cells = new Set(
    Array.from({ length: 1000 }, (_, i) => {
      const column = Math.floor((points[2 * i]! + 3) / (6 / 32))
      const row = Math.floor((3 - points[2 * i + 1]!) / (6 / 32))
      return 32 * row + column
    }),
  )
  expect([...cells].sort((a, b) => a - b)).toEqual([0, 33])
})

it('measures the energy distance of two point masses, and 0 from a distribution to itself', () => {
  const at = (x: number, y: number) => Float32Array.of(x, y, x, y)
  expect(energyDistanceTo(at(0, 0))(at(3, 4))).toBeCloseTo(Math.sqrt(10), 6)
  const [a, b] = [createRng(1).normals(2000), createRng(2).normals(2000)]
  expect(energyDistanceTo(a)(b)).toBeLessThan(0.1)
})

it('trains, reflows, shows either flow, and frees all its tensors', async () => {
  const before = tf.memory().numTensors
  const plane = new Plane(settings)
  const still = await plane.view({ round: 0, solver: 'heun', nfe: 6 })
  expect(still.states).toHaveLength(4)
  expect(still.nfe).toBe(6)
  expect(still.straightness).toBe(0)
  expect(still.states[3]).toEqual(still.states[0])

  const reports: Progress[] = []
  await plane.train(training, report => reports.push(report))
  expect(reports.at(-1)).toMatchObject({ round: 0, step: 12, steps: 12 })
  expect(reports.at(-1)?.loss).toBeGreaterThan(0)
  const random = plane.pairs(0)
  await plane.reflow()
  const own = plane.pairs(1)
  expect(own.x).not.toEqual(random.x)
  await plane.train({ ...training, timesteps: 'uShaped', loss: 'pseudoHuber' }, report =>
    reports.push(report),
  )
  expect(reports.at(-1)?.round).toBe(1)
  const [first, second] = [
    await plane.view({ round: 0, solver: 'euler', nfe: 1 }),
    await plane.view({ round: 1, solver: 'rk4', nfe: 3 }),
  ]
  expect(first.nfe).toBe(1)
  expect(second.nfe).toBe(4) // at least one whole step
  expect(first.distance).toBeCloseTo(first.oneStepDistance, 3)
  await plane.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

it('stops when told, and goes on', async () => {
  const plane = new Plane(settings)
  const steps: number[] = []
  const running = plane.train({ ...training, steps: 1e6 }, ({ step }) => {
    steps.push(step)
    void plane.stop()
  })
  await running
  expect(steps.at(-1)).toBeLessThan(1000)
  await plane.train({ ...training, steps: 2 }, ({ step }) => steps.push(step))
  expect(steps.at(-1)).toBe(2)
  await plane.dispose()
})
