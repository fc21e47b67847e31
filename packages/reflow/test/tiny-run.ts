// Trains a tiny network. train-killed.test.ts runs it: node tiny-run.mjs FOLDER [STEPS [PATIENCE]]

import { useBackend } from '@rectified-flow/backends'
import { type Coupling, createRng } from '@rectified-flow/core'
import { encodePngGrid } from '@rectified-flow/datasets'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import {
  dynamicLossScale,
  earlyStopping,
  prefetch,
  previewFlow,
  Trainer,
  warmUp,
} from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'

const [folder, steps = '60', patience = '100'] = process.argv.slice(2) as [string, string?, string?]
await useBackend('cpu')
const rng = createRng(1)
const w = tf.variable(rng.fork('w').normal([4, 4]))
const pairs: Coupling = {
  async draw(step, batch) {
    const z = rng.fork('pairs').fork(step).normal([batch, 2, 2, 1])
    const x: tf.Tensor4D = tf.mul(z, step % 17 === 5 ? Number.NaN : 0.5) // some steps are skipped
    return { x, z }
  },
}
const heldOut: Coupling = {
  draw(step, batch) {
    const z = rng.fork('held out').fork(step).normal([batch, 2, 2, 1]) as tf.Tensor4D
    return { x: tf.mul(z, 0.5), z }
  },
}
const field = (weights: tf.Tensor) => (x: tf.Tensor) =>
  tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(x, [-1, 4]), weights as tf.Tensor2D), x.shape))
const trainer = new Trainer({
  velocity: () => field(w),
  weights: new Map([['w', w]]),
  coupling: prefetch(pairs),
  timesteps: uniform(),
  premetric: squaredL2,
  rng,
  batch: 8,
  microBatches: 2,
  learningRate: warmUp(0.02, { steps: 10 }),
  emaDecay: 0.9,
  clipNorm: 1,
  lossScale: dynamicLossScale({ growAfter: 7 }),
})
const z = rng.fork('preview').normal([4, 2, 2, 1])
const { step, finished, best } = await train(trainer, {
  folder,
  steps: Number(steps),
  settings: { rate: 0.02, seed: 1 },
  saveEvery: 5,
  logEvery: 2,
  previewEvery: 10,
  async preview(trainer) {
    const { samples, straightness } = await previewFlow(field(trainer.ema.get('w') as tf.Tensor), z, {
      steps: [1, 2],
    })
    const images: Record<string, Uint8Array> = {}
    for (const { steps, x } of samples) images[`${steps}-step`] = await encodePngGrid(x)
    tf.dispose(samples.map(({ x }) => x))
    return { images, scalars: { straightness: straightness! }, score: straightness! }
  },
  validateEvery: 5,
  validate: trainer => trainer.validate(heldOut, { batches: 2 }),
  stopWhen: earlyStopping({ patience: Number(patience), minDelta: 0.5 }),
  onStep({ step }) {
    process.send?.(step)
  },
  onWarning: message => process.stderr.write(message),
})
process.stdout.write(JSON.stringify({ step, finished, best: best?.score }))
process.disconnect?.()
