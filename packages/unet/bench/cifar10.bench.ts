// BACKEND=wasm npx vitest bench packages/unet/bench/cifar10 --run

import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { createUNet, edmVelocity, loadUNet, presets, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { bench, describe } from 'vitest'
import { mebibytes, peakBytes } from './peak-bytes.js'

const { name } = await useBackend((process.env.BACKEND ?? 'wasm') as 'wasm')

/** Time a task and print its milliseconds. */
async function timed<T>(label: string, task: () => T | Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await task()
  console.log(`${label}: ${(performance.now() - start).toFixed(0)} ms`)
  return result
}

const net = await timed('new weights', () => createUNet(presets.cifar10, { rng: createRng(0) }))
const bytes = await timed('save', () => saveUNet(net))
;(await timed('load', () => loadUNet(bytes))).dispose()
const field = edmVelocity(net)
const x = createRng(1).normal([1, 32, 32, 3])
const t = tf.tensor1d([0.5])
console.log(`weights: ${mebibytes(bytes.length)}`)
console.log(`peak of one forward, above the weights: ${mebibytes(peakBytes(() => field(x, t)))}`)

describe(`CIFAR-10 NCSN++ (56.4M weights), batch 1, ${name}`, () => {
  bench(
    'velocity',
    async () => {
      const v = field(x, t)
      await v.data()
      v.dispose()
    },
    { iterations: 3, warmupIterations: 0, time: 0, warmupTime: 0 },
  )
})
