// BACKEND=wasm npx vitest bench packages/unet/bench --run
import { createRng } from '@rectified-flow/core'
import { useBackend } from '@rectified-flow/core/node'
import { edmVelocity, SongUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { bench, describe } from 'vitest'

await useBackend((process.env.BACKEND ?? 'cpu') as 'cpu')

describe(`digits 28x28, 16 channels, batch 32, ${tf.getBackend()}`, () => {
  const config = {
    imgResolution: 28,
    inChannels: 1,
    outChannels: 1,
    modelChannels: 16,
    channelMult: [1, 2, 2],
    numBlocks: 1,
    attnResolutions: [7],
    dropout: 0,
  }
  const field = edmVelocity(new SongUNet(config, { rng: createRng(0) }))
  const x = createRng(1).normal([32, 28, 28, 1])
  const t = createRng(2).uniform([32]) as tf.Tensor1D

  bench('velocity', async () => {
    const v = field(x, t)
    await v.data()
    v.dispose()
  })

  bench('gradient of every weight', async () => {
    const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(field(x, t))))
    await value.data()
    tf.dispose([value, ...Object.values(grads)])
  })
})
