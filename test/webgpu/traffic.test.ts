import { compile } from '@rectified-flow/backends'
import { createRng, drawNormal, indexedNormal } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { createUNet, edmVelocity, presets } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Work } from '../../bench/src/case.js'
import { networkCases } from '../../bench/src/cases/network.js'
import { countBuffers } from '../../bench/src/device/count-buffers.js'
import { livesOfBuffers, mostInUse } from '../../packages/backends/src/webgpu/commands/plan.js'
import { Recording } from '../../packages/backends/src/webgpu/commands/recording.js'
import { hasDawn, type NullGpu, openNullGpu } from '../../packages/backends/test/webgpu/null-gpu.js'

let gpu: NullGpu

/** The bench's case of this name. */
function bench(name: string): Work {
  const found = networkCases(false).find(one => one.name === name)!
  return found.open(found.inputs())
}

/** CIFAR-10's network with a quarter of its channels, so that it fits the null adapter's memory: as many dispatches. */
const cifar10 = () => createUNet({ ...presets.cifar10, modelChannels: 32 }, { rng: createRng(1) })
const SIZE: [number, number, number, number] = [2, 32, 32, 3]

function cifar10Forward(): Work {
  const net = cifar10()
  const [x, t] = [tf.ones([8, ...SIZE.slice(1)]), tf.ones([8])]
  const field = compile(edmVelocity(net))
  return {
    run: () => [field(x, t as tf.Tensor1D)],
    close() {
      tf.dispose([x, t])
      field.dispose()
      net.dispose()
    },
  }
}

function cifar10Step(): Work {
  const net = cifar10()
  const trainer = new Trainer({
    velocity: rng => edmVelocity(net, { training: { rng } }),
    weights: net.weights,
    coupling: { draw: async () => ({ x: tf.ones<tf.Rank.R4>(SIZE), z: tf.zeros<tf.Rank.R4>(SIZE) }) },
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(0),
    batch: 2,
    learningRate: 1e-4,
    emaDecay: 0.99,
  })
  return {
    async run() {
      await trainer.advance()
      return []
    },
    close() {
      trainer.dispose()
      net.dispose()
    },
  }
}

/** The most that a network may ask of a GPU when it is replayed: with eight images, and with two where CIFAR-10's is trained. */
const BUDGETS: [name: string, open: () => Work, budget: NullGpu['traffic']][] = [
  [
    "the bench's network, forward",
    () => bench('U-Net forward'),
    { dispatches: 106, uploads: 0, uploadedBytes: 0 },
  ],
  // Images and noise are 98,304 bytes each.
  [
    "the bench's network, a training step",
    () => bench('training step'),
    { dispatches: 285, uploads: 4, uploadedBytes: 200_000 },
  ],
  ["CIFAR-10's network, forward", cifar10Forward, { dispatches: 287, uploads: 0, uploadedBytes: 0 }],
  [
    "CIFAR-10's network, a training step",
    cifar10Step,
    { dispatches: 901, uploads: 5, uploadedBytes: 70_000 },
  ],
]
/** From this run on each is replayed. */
const REPLAYED = 3

// Needs the optional package webgpu.
describe.runIf(hasDawn)('what the host asks of a GPU', () => {
  beforeAll(async () => {
    gpu = await openNullGpu()
  })

  it.each(BUDGETS)('%s stays in its budget', async (_, open, budget) => {
    const work = open()
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
    const memory = countBuffers((await openNullGpu()).device) // without the memory of the tests before
    let needed = 0
    const { release } = Recording.prototype
    const watched = vi.spyOn(Recording.prototype, 'release').mockImplementation(function (this: Recording) {
      const { numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }
      needed = Math.max(needed, mostInUse(livesOfBuffers(this.commands)) + numBytesInGPU)
      release.call(this)
    })
    const work = bench('training step')
    for (let run = 0; run <= REPLAYED; run++) await work.run()
    watched.mockRestore()
    expect(memory.peak / needed).toBeLessThan(1.3)
    work.close?.()
  })
})
