import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { networkCases } from '../../bench/src/cases/network.js'
import { hasDawn, type NullGpu, openNullGpu } from '../../packages/backends/test/webgpu/null-gpu.js'

let gpu: NullGpu

/** The most that the bench's network may ask of a GPU, forward and in a training step of eight images. */
const BUDGETS = {
  'U-Net forward': { dispatches: 175, uploads: 35, uploadedBytes: 5_000 },
  'training step': { dispatches: 710, uploads: 35, uploadedBytes: 300_000 },
}

// Needs the optional package webgpu.
describe.runIf(hasDawn)('what the host asks of a GPU', () => {
  beforeAll(async () => {
    gpu = await openNullGpu()
  })

  const cases = networkCases(false)
  it.each(Object.entries(BUDGETS))('%s stays in its budget', async (name, budget) => {
    const found = cases.find(one => one.name === name)!
    const work = found.open(found.inputs())
    for (let run = 0; run < 3; run++) {
      gpu.reset()
      tf.dispose(await work.run())
    }
    const { dispatches, uploads, uploadedBytes } = gpu.traffic
    work.close?.()
    expect(dispatches).toBeLessThanOrEqual(budget.dispatches)
    expect(uploads).toBeLessThanOrEqual(budget.uploads)
    expect(uploadedBytes).toBeLessThanOrEqual(budget.uploadedBytes)
  })
})
