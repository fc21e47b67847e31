import { createRng, drawNormal, indexedNormal } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { networkCases } from '../../bench/src/cases/network.js'
import { livesOf, mostInUse } from '../../packages/backends/src/webgpu/commands/plan.js'
import { Recording } from '../../packages/backends/src/webgpu/commands/recording.js'
import { hasDawn, type NullGpu, openNullGpu } from '../../packages/backends/test/webgpu/null-gpu.js'

let gpu: NullGpu

/** The most that the bench's network may ask of a GPU when it is replayed, forward and in a training step of eight images. */
const BUDGETS = {
  'U-Net forward': { dispatches: 185, uploads: 0, uploadedBytes: 0 },
  // Images and noise are 98,304 bytes each.
  'training step': { dispatches: 705, uploads: 4, uploadedBytes: 200_000 },
}
/** From this run on each is replayed. */
const REPLAYED = 3

// Needs the optional package webgpu.
describe.runIf(hasDawn)('what the host asks of a GPU', () => {
  beforeAll(async () => {
    gpu = await openNullGpu()
  })

  const cases = networkCases(false)
  const open = (name: string) => {
    const found = cases.find(one => one.name === name)!
    return found.open(found.inputs())
  }

  it.each(Object.entries(BUDGETS))('%s stays in its budget', async (name, budget) => {
    const work = open(name)
    for (let run = 0; run <= REPLAYED; run++) {
      gpu.reset()
      tf.dispose(await work.run())
    }
    const { dispatches, uploads, uploadedBytes } = gpu.traffic
    work.close?.()
    expect(dispatches).toBeLessThanOrEqual(budget.dispatches)
    expect(uploads).toBeLessThanOrEqual(budget.uploads)
    expect(uploadedBytes).toBeLessThanOrEqual(budget.uploadedBytes)
  })

  it('noise is made from 32 bytes of uniforms, and 8 more for each sample with its own stream', () => {
    const rng = createRng(1)
    gpu.reset()
    drawNormal(rng, [128, 32, 32, 3]).dispose()
    expect(gpu.traffic).toEqual({ dispatches: 1, uploads: 1, uploadedBytes: 32 })
    gpu.reset()
    indexedNormal(rng, [...Array(128).keys()], [32, 32, 3]).dispose()
    expect(gpu.traffic).toEqual({ dispatches: 1, uploads: 2, uploadedBytes: 32 + 128 * 8 })
  })

  it('a training step takes little more memory than its tensors need at once', async () => {
    const { memory } = await openNullGpu() // a device without the memory of the tests before
    let needed = 0
    const { release } = Recording.prototype
    const watched = vi.spyOn(Recording.prototype, 'release').mockImplementation(function (this: Recording) {
      const { numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }
      needed = Math.max(needed, mostInUse(livesOf(this.commands)) + numBytesInGPU)
      release.call(this)
    })
    const work = open('training step')
    for (let run = 0; run <= REPLAYED; run++) await work.run()
    watched.mockRestore()
    expect(memory.peak / needed).toBeLessThan(1.3)
    work.close?.()
  })
})
