import { createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { createUNet, edmVelocity, type SongUNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { settle } from '../../backends.js'
import type { Job } from '../job.js'
import { openDevice } from '../open-device.js'
import { batchOf, type NetworkName, networkConfig } from '../sizes.js'
import { timed } from '../timed.js'

/** The largest batch that is also run eager: all activations are in memory then, and at 512 no device has so much. */
const MOST_EAGER = 128

/**
 * A network's training step at one batch, replayed, then eager in float32. Each batch has a job, because the backend keeps
 * buffers.
 */
export const trainingSteps =
  (network: NetworkName, full: number, precision: 'float32' | 'mixed' = 'float32'): Job =>
  async run => {
    const memory = await openDevice(run, { precision })
    const batch = batchOf(full, run.software)
    const alsoEager = precision === 'float32' && full <= MOST_EAGER
    const modes = alsoEager ? (['replayed', 'eager'] as const) : (['replayed'] as const)
    for (const mode of modes) {
      const { trainer, dispose } = trainerOnNoise(networkConfig(network, run.software), batch, mode)
      const [ema] = trainer.ema.values()
      let last: Promise<unknown> | undefined
      const timing = await timed({
        async run() {
          const before = last
          last = trainer.advance()
          await before // read while the device computes the next step
        },
        async settle() {
          await last
          await settle('webgpu', [ema!])
        },
        seconds: run.software ? 0 : Math.min(3, run.left() / 3),
      })
      const common = { by: 'ours', network, what: 'training step', batch, precision, mode }
      run.record({ ...common, ...timing, ...memory.read() })
      dispose()
      memory.reset()
    }
  }

/** A trainer that gets the same numbers from the host in each step. */
function trainerOnNoise(config: SongUNetConfig, batch: number, mode: 'replayed' | 'eager') {
  const net = createUNet(config, { rng: createRng(0) })
  const shape: [number, number, number, number] = [
    batch,
    config.imgResolution,
    config.imgResolution,
    config.inChannels,
  ]
  const size = tf.util.sizeFromShape(shape)
  const [x, z] = [createRng(1).normals(size), createRng(2).normals(size)]
  const trainer = new Trainer({
    velocity: rng => edmVelocity(net, { training: { rng } }),
    weights: net.weights,
    coupling: { draw: async () => ({ x: tf.tensor4d(x, shape), z: tf.tensor4d(z, shape) }) },
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(3),
    batch,
    compile: mode === 'replayed',
  })
  return {
    trainer,
    dispose() {
      trainer.dispose()
      net.dispose()
    },
  }
}
