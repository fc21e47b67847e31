import * as tf from '@tensorflow/tfjs-core'
import { setTuning, type Tuning, tuningOf } from '../../tuning.js'
import type { WebgpuBackend } from '../backend.js'
import { likeliest } from './choose.js'
import { type Plan, planOf, runPlan } from './plan.js'
import { elementOf, tuningKey, usedOn, validOn } from './run-product.js'
import { nameOf } from './variants.js'

/** How long a stretch of runs is, about, its most runs, and how often the variants take turns: GPUs that idle are slow at first. */
const STRETCH_MS = 5
const MOST_RUNS = 100
const ROUNDS = 4

/** Time every product that has run in the backend's precision, and use the fastest variants. */
export async function tune(most: number): Promise<Tuning> {
  const backend = tf.backend() as unknown as WebgpuBackend
  const { device, variants } = tuningOf(backend)!
  const valid = validOn(backend)
  const fastest: Record<string, string> = {}
  for (const { product, element, shapes } of usedOn(backend).values()) {
    const key = tuningKey(element, product)
    if (element !== elementOf(backend) || key in fastest) continue
    const make = (shape: readonly number[]) => backend.makeTensorInfo(shape, 'float32')
    const read = { factors: shapes.factors.map(make), added: shapes.added.map(make) }
    const run = (plan: Plan) => {
      const results = shapes.results.map(make)
      runPlan(backend, plan, { ...read, results })
      for (const { dataId } of results) {
        backend.uploadToGPU(dataId) // sums that wait are computed
        backend.disposeData(dataId)
      }
    }
    const tried = likeliest(product, valid, most).map(variant => ({
      name: nameOf(variant),
      plan: planOf(product, variant),
      least: Number.POSITIVE_INFINITY,
    }))
    let longest = 0
    for (const { plan } of tried) {
      await timeOf(backend, () => run(plan), 1) // compiles the shader
      longest = Math.max(longest, await timeOf(backend, () => run(plan), 1))
    }
    const runs = Math.max(1, Math.min(MOST_RUNS, Math.round(STRETCH_MS / longest)))
    for (let round = 0; round < ROUNDS; round++)
      for (const one of tried)
        one.least = Math.min(one.least, await timeOf(backend, () => run(one.plan), runs))
    fastest[key] = tried.reduce((best, one) => (one.least < best.least ? one : best)).name
    for (const { dataId } of Object.values(read).flat()) backend.disposeData(dataId)
  }
  const tuning = { device, variants: { ...variants, ...fastest } }
  setTuning(backend, tuning)
  return tuning
}

/** Milliseconds of a run. */
async function timeOf(backend: WebgpuBackend, run: () => void, runs: number): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < runs; i++) run()
  backend.endComputePassEncoder()
  if (backend.commandEncoder) backend.submitQueue()
  await backend.device.queue.onSubmittedWorkDone()
  return (performance.now() - start) / runs
}
