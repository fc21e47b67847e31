import * as tf from '@tensorflow/tfjs-core'
import { setTuning, type Tuning, tuningOf } from '../../tuning.js'
import type { WebgpuBackend } from '../backend.js'
import { likeliest } from './choose.js'
import { type Plan, planOf, runPlan } from './plan.js'
import { elementOf, tuningKey, usedOn, validOn } from './run-product.js'
import { nameOf } from './variants.js'

/** How long to time a variant, about, and its most runs in a row. */
const TIMED_MS = 5
const MOST_RUNS = 100

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
    let least = Number.POSITIVE_INFINITY
    for (const variant of likeliest(product, valid, most)) {
      const plan = planOf(product, variant)
      const time = await timeOf(backend, () => run(plan))
      if (time < least) [least, fastest[key]] = [time, nameOf(variant)]
    }
    for (const { dataId } of Object.values(read).flat()) backend.disposeData(dataId)
  }
  const tuning = { device, variants: { ...variants, ...fastest } }
  setTuning(backend, tuning)
  return tuning
}

/** Milliseconds of a run, in the better of two rows of runs. */
async function timeOf(backend: WebgpuBackend, run: () => void): Promise<number> {
  const timed = async (runs: number) => {
    const start = performance.now()
    for (let i = 0; i < runs; i++) run()
    backend.endComputePassEncoder()
    if (backend.commandEncoder) backend.submitQueue()
    await backend.device.queue.onSubmittedWorkDone()
    return (performance.now() - start) / runs
  }
  await timed(1) // compiles the shader
  const runs = Math.max(1, Math.min(MOST_RUNS, Math.round(TIMED_MS / (await timed(1)))))
  return Math.min(await timed(runs), await timed(runs))
}
