// The time of a training step on the ranks that mpirun started, and what communication takes of it, by the network's size:
// mpirun -n 2 node --import tsx bench/src/ranks/main.ts     (after `npm run build`; without mpirun: one process)
import { useBackend } from '@rectified-flow/backends'
import { type Coupling, createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { type Communicator, Trainer } from '@rectified-flow/reflow'
import { mpiCommunicator } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import { createUNet, edmVelocity, type SongUNetConfig } from '@rectified-flow/unet'
import { smallUNet, tinyUNet } from '../networks.js'

/** Samples that each rank computes in a step. */
const BATCH = 4
const STEPS = 8
const networks: Record<string, SongUNetConfig> = {
  '8 channels, 8x8': tinyUNet,
  '32 channels, 16x16': { ...smallUNet, imgResolution: 16, attnResolutions: [8] },
  '64 channels, 16x16': { ...smallUNet, imgResolution: 16, modelChannels: 64, attnResolutions: [8] },
  '128 channels, 16x16': { ...smallUNet, imgResolution: 16, modelChannels: 128, attnResolutions: [8] },
}

const ranks = await mpiCommunicator()
await useBackend('wasm', { threads: 1 })

/** The ranks, with the time that sums take: waiting for the slowest rank is not counted, because all meet first. */
function timed(): { communicator: Communicator; takeMs(): number } {
  let ms = 0
  const communicator: Communicator = {
    ...ranks,
    async allReduceSum(values) {
      await ranks.barrier()
      const start = performance.now()
      await ranks.allReduceSum(values)
      ms += performance.now() - start
    },
  }
  const takeMs = () => {
    const taken = ms
    ms = 0
    return taken
  }
  return { communicator, takeMs }
}

for (const [name, config] of Object.entries(networks)) {
  const rng = createRng(0)
  const net = createUNet(config, { rng })
  const { imgResolution: side, inChannels: channels } = config
  const coupling: Coupling = {
    draw(step, batch, { count } = { first: 0, count: batch }) {
      const draw = rng.fork(step)
      const shape = [count, side, side, channels]
      return { x: draw.fork('x').normal(shape), z: draw.fork('z').normal(shape) }
    },
  }
  const { communicator, takeMs } = timed()
  const trainer = new Trainer({
    velocity: rng => edmVelocity(net, { training: { rng } }),
    weights: net.weights,
    coupling: coupling as Coupling<never>,
    timesteps: uniform(),
    premetric: squaredL2,
    rng,
    batch: BATCH * ranks.size,
    communicator,
  })
  await trainer.advance()
  takeMs()
  const times: { step: number; sums: number }[] = []
  for (let i = 0; i < STEPS; i++) {
    await ranks.barrier()
    const start = performance.now()
    await trainer.advance()
    times.push({ step: performance.now() - start, sums: takeMs() })
  }
  const least = (part: 'step' | 'sums') => Math.min(...times.map(({ [part]: ms }) => ms)).toFixed(1)
  const weights = [...net.weights.values()].reduce((sum, { size }) => sum + size, 0)
  if (ranks.rank === 0)
    console.log(
      `| ${name} | ${(weights / 1e6).toFixed(2)} M | ${ranks.size} | ${least('step')} ms | ${least('sums')} ms |`,
    )
  trainer.dispose()
  net.dispose()
}
