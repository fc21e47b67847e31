// BACKEND=wasm npx vitest bench packages/unet/bench/song-unet --run

import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { edmVelocity, SongUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { bench, describe } from 'vitest'
import { mebibytes, peakBytes } from './peak-bytes.js'

await useBackend((process.env.BACKEND ?? 'cpu') as 'cpu')

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
const net = new SongUNet(config, { rng: createRng(0) })
const x = createRng(1).normal([32, 28, 28, 1])
const t = createRng(2).uniform([32])

const velocity = () => edmVelocity(net)(x, t)
const gradient = (recompute: boolean) => {
  const training = { rng: createRng(3), recompute }
  const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(edmVelocity(net, { training })(x, t))))
  return [value, ...Object.values(grads)]
}

console.log(`peak above the weights, batch 32, ${tf.getBackend()}:`)
console.log(`  velocity: ${mebibytes(peakBytes(velocity))}`)
console.log(`  gradient: ${mebibytes(peakBytes(() => gradient(false)))}`)
console.log(`  gradient, recompute: ${mebibytes(peakBytes(() => gradient(true)))}`)

describe(`digits 28x28, 16 channels, batch 32, ${tf.getBackend()}`, () => {
  bench('velocity', async () => {
    const v = velocity()
    await v.data()
    v.dispose()
  })

  for (const recompute of [false, true])
    bench(`gradient of every weight${recompute ? ', recompute' : ''}`, async () => {
      const tensors = gradient(recompute)
      await tensors[0]?.data()
      tf.dispose(tensors)
    })
})
