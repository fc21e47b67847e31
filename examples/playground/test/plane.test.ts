import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { POINT_SETS } from '../src/choices.js'
import { energyDistanceTo } from '../src/worker/energy-distance.js'
import { Plane } from '../src/worker/plane.js'
import type { Progress } from '../src/worker/plane-messages.js'
import { drawPoints } from '../src/worker/point-sets.js'
import { race } from '../src/worker/race.js'
import type { RaceReport } from '../src/worker/race-messages.js'

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

it('measures the energy distance of two point masses', () => {
  const at = (x: number, y: number) => Float32Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? x : y))
  const { square, deviation } = energyDistanceTo(at(0, 0))(at(3, 4))
  expect(Math.abs(square - 10)).toBeLessThan(0.03)
  expect(deviation).toBe(0)
})

it('estimates 0 without bias, with an honest standard error, from a distribution to itself', () => {
  const distance = energyDistanceTo(createRng(0).normals(2 * 8192))
  const all = Array.from({ length: 20 }, (_, i) => distance(createRng(i + 1).normals(2 * 2048)))
  const mean = all.reduce((sum, { square }) => sum + square, 0) / all.length
  const error = Math.sqrt(all.reduce((sum, { deviation }) => sum + deviation ** 2, 0)) / all.length
  expect(error).toBeLessThan(5e-4)
  expect(Math.abs(mean)).toBeLessThan(5 * error)
})

it('trains, reflows, shows and measures either flow, and frees all its tensors', async () => {
  const before = tf.memory().numTensors
  const plane = new Plane(settings)
  const still = await plane.view({ round: 0, solver: 'heun', nfe: 6 })
  expect(still).toHaveLength(4)
  expect(still[3]).toEqual(still[0])
  expect(await plane.straightness(0)).toBe(0)

  const reports: Progress[] = []
  await plane.train(training, report => reports.push(report))
  expect(reports.at(-1)).toMatchObject({ round: 0, step: 12, steps: 12 })
  expect(reports.at(-1)?.loss).toBeGreaterThan(0)
  expect(reports.at(-1)?.frame).toHaveLength(17)
  const random = await plane.pairs(0)
  expect(await plane.reflow()).toBe(true)
  const own = await plane.pairs(1)
  expect(own?.x).not.toEqual(random?.x)
  await plane.train({ ...training, timesteps: 'uShaped', loss: 'pseudoHuber' }, report =>
    reports.push(report),
  )
  expect(reports.at(-1)?.round).toBe(1)
  expect(await plane.view({ round: 1, solver: 'rk4', nfe: 3 })).toHaveLength(2) // at least one whole step
  const error = await plane.error({ round: 0, solver: 'euler', nfe: 1 })
  expect(error?.nfe).toBe(1)
  expect(error?.square).toBeGreaterThan(10 * error!.deviation)
  await plane.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

it('takes two and three steps of the new rule as one step of Euler and a jump back on the line from the noise', async () => {
  const plane = new Plane(settings)
  await plane.train(training, () => {})
  const [z, x1] = (await plane.view({ round: 0, solver: 'euler', nfe: 1 })) as [Float32Array, Float32Array]
  const [, half] = await plane.view({ round: 0, solver: 'newRule', nfe: 2 })
  expect(half![0]).toBeCloseTo((z[0]! + x1[0]!) / 2, 4)
  await plane.dispose()
})

it('solves the path through a place, which both its ends lead back to', async () => {
  const plane = new Plane(settings)
  await plane.train(training, () => {})
  const path = await plane.through(0, { x: 0.4, y: -0.3, t: 0.5 })
  expect(path).toHaveLength(66)
  expect(path[32]).toBeCloseTo(0.4, 4)
  expect(path[33]).toBeCloseTo(-0.3, 4)
  const again = await plane.through(0, { x: path[0]!, y: path[1]!, t: 1 })
  for (const [i, value] of again.entries()) expect(value).toBeCloseTo(path[i]!, 4)
  await plane.dispose()
})

it('goes on with saved weights, with the same pairs and paths', async () => {
  const plane = new Plane(settings)
  await plane.train(training, () => {})
  await plane.reflow()
  await plane.train(training, () => {})
  const restored = new Plane(settings, await plane.save())
  expect(await restored.pairs(1)).toEqual(await plane.pairs(1))
  const look = { round: 1, solver: 'euler', nfe: 4 } as const
  expect(await restored.view(look)).toEqual(await plane.view(look))
  await restored.train(training, () => {})
  await Promise.all([plane.dispose(), restored.dispose()])
})

it('stops while it makes pairs, and has no new flow then', async () => {
  const plane = new Plane(settings)
  await plane.train(training, () => {})
  const reflowing = plane.reflow()
  await plane.stop()
  expect(await reflowing).toBe(false)
  expect(await plane.save()).toHaveLength(1)
  expect(await plane.reflow()).toBe(true)
  await plane.dispose()
})

it('races flows from the same start, until it is told to end', async () => {
  const plane = new Plane(settings)
  await plane.train(training, () => {})
  await plane.reflow()
  const before = tf.memory().numTensors
  const racers = [
    { timesteps: 'uniform', loss: 'squaredL2' },
    { timesteps: 'uShaped', loss: 'squaredL2' },
  ] as const
  const reports: RaceReport[] = []
  const seen = (report: RaceReport) => reports.push(report) > 0
  await race(plane, { racers, steps: 2, seed: 1 }, seen)
  expect(reports.map(({ racer, step }) => [racer, step])).toEqual([
    [0, 0],
    [1, 0],
    [0, 2],
    [1, 2],
  ])
  expect(reports[0]?.ends).toEqual(reports[1]?.ends)
  expect(reports[2]?.ends).not.toEqual(reports[3]?.ends)
  expect(reports[3]?.densities[0]).toBeGreaterThan(reports[3]!.densities[24]!)
  await race(plane, { racers, steps: 2, seed: 1 }, report => !seen(report))
  expect(reports).toHaveLength(5)
  expect(tf.memory().numTensors).toBe(before)
  await plane.dispose()
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
