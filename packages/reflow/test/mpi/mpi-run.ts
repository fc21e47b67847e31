// Trains a tiny network on the ranks that mpirun started. mpi.test.ts runs it: mpirun -n 2 node mpi-run.ts FOLDER [RANK THAT FAILS]
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { type Coupling, createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, prefetch, Trainer } from '@rectified-flow/reflow'
import { mpiCommunicator, train } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import { augment, createUNet, edmVelocity } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'

const [folder, fails] = process.argv.slice(2) as [string, string?]
const STEPS = 50
const communicator = await mpiCommunicator()
const { rank, size, localRank, library } = communicator
await mkdir(folder, { recursive: true })
await writeFile(join(folder, `pid-${rank}`), String(process.pid))

// What each rank adds is known: rank + 1, and a number of its place.
const sums = Float32Array.from({ length: 1000 }, (_, i) => (rank + 1) * i)
await communicator.allReduceSum(sums)
const given = Float64Array.of(rank + 0.1, Math.PI * rank)
await communicator.broadcast(given)
await communicator.barrier()

await useBackend('wasm', { threads: 1 })
const rng = createRng(1)
const shape = { imgResolution: 8, inChannels: 1, outChannels: 1, modelChannels: 8 }
const net = createUNet(
  { ...shape, channelMult: [1, 2], numBlocks: 1, attnResolutions: [4], dropout: 0.2 },
  { rng: rng.fork('weights') },
)
const data = rng.fork('data').uniform([40, 8, 8, 1], -1, 1)
const coupling: Coupling<tf.Tensor4D> = {
  async draw(step, batch) {
    const { x, z } = await independentCoupling(data, { rng: rng.fork('coupling') }).draw(step, batch)
    const { images } = await augment(x, { rng: rng.fork('augment').fork(step) })
    x.dispose()
    return { x: images, z }
  },
}
const trainer = new Trainer({
  velocity: rng => edmVelocity(net, { training: { rng } }),
  weights: net.weights,
  coupling: prefetch(coupling),
  timesteps: uniform(),
  premetric: squaredL2,
  rng: rng.fork('training'),
  batch: 8,
  learningRate: 1e-3,
  emaDecay: 0.9,
  clipNorm: 1,
  communicator,
})
if (fails !== undefined && rank === Number(fails)) throw new Error(`rank ${rank} fails`)
const result = await train(trainer, {
  folder,
  steps: STEPS,
  settings: { seed: 1 },
  saveEvery: 5,
  stopSignals: ['SIGUSR2'],
  onStep: ({ step }) => void process.stdout.write(`step ${step}\n`),
})
if (rank === 0) {
  const { sum, mean } = { sum: sums[3], mean: given[1] }
  process.stdout.write(`${JSON.stringify({ size, localRank, library, sum, mean, ...result })}\n`)
}
