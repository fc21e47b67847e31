import { compile } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { sample } from '@rectified-flow/reflow'
import { createUNet, edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { settle } from '../../backends.js'
import type { Job } from '../job.js'
import { openDevice } from '../open-device.js'
import { batchOf, type NetworkName, networkConfig } from '../sizes.js'
import { timed } from '../timed.js'

/** A network's velocity, and sampling in one step, replayed, and eager in float32. */
export const inference =
  (network: NetworkName, precision: 'float32' | 'mixed' = 'float32'): Job =>
  async run => {
    const memory = await openDevice(run, { precision })
    const modes = precision === 'float32' ? (['replayed', 'eager'] as const) : (['replayed'] as const)
    const config = networkConfig(network, run.software)
    const net = createUNet(config, { rng: createRng(0) })
    const velocity = edmVelocity(net)
    const seconds = run.software ? 0 : 0.7
    const common = { by: 'ours', network, precision }
    const noise = (batch: number) =>
      createRng(1).normals(batch * config.imgResolution ** 2 * config.inChannels)
    const shapeOf = (batch: number) =>
      [batch, config.imgResolution, config.imgResolution, config.inChannels] as const

    for (const mode of modes) {
      const one = noise(1)
      const timing = await timed({
        async run() {
          const z = tf.tensor4d(one, [...shapeOf(1)])
          const { x } = sample(velocity, z, { compile: mode === 'replayed' })
          await x.data()
          tf.dispose([z, x])
        },
        settle: async () => {},
        seconds,
      })
      run.record({ ...common, what: 'one image, from noise to the host', batch: 1, mode, ...timing })
    }
    for (const full of run.software ? [8] : [128, 8])
      for (const mode of modes) {
        if (run.left() < 2 * seconds) return run.record({ what: 'no time left', before: { full, mode } })
        const batch = batchOf(full, run.software)
        const z = tf.tensor4d(noise(batch), [...shapeOf(batch)])
        const t = tf.tensor1d(Array.from({ length: batch }, (_, i) => (i + 0.5) / batch))
        const compiled = mode === 'replayed' ? compile(velocity) : undefined
        const works = {
          forward: () => (compiled ? compiled(z, t) : tf.tidy(() => velocity(z, t))),
          'sampling in one step': () => sample(velocity, z, { compile: mode === 'replayed' }).x,
        }
        for (const [what, work] of Object.entries(works)) {
          let last: tf.Tensor | undefined
          const timing = await timed({
            run() {
              last?.dispose()
              last = work()
            },
            settle: () => settle('webgpu', [last!]),
            seconds,
          })
          last?.dispose()
          const why = what === 'forward' ? compiled?.why : undefined
          run.record({ ...common, what, batch, mode, why, ...timing, ...memory.read() })
        }
        compiled?.dispose()
        tf.dispose([z, t])
      }
  }
