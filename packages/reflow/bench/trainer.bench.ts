// BACKEND=wasm npx vitest bench packages/reflow/bench/trainer --run
//
// Measures what a training step spends on everything except the network, the loss and the optimiser: pairs from a store on
// disk with their noise drawn again, times, interpolation, the norm and the check of all gradients, the read. Steps of the
// trainer alternate with bare ones (fixed tensors, gradients, Adam). It compares processor time, which excludes other work
// on the machine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AdamSlot, adamEma, useBackend } from '@rectified-flow/backends'
import { createRng, interpolate, type Premetric } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'
import { pseudoHuber } from '@rectified-flow/losses-lpips-huber'
import { prefetch, storedCoupling, Trainer } from '@rectified-flow/reflow'
import { uShaped } from '@rectified-flow/timestep-dists'
import { edmVelocity, SongUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { bench, describe } from 'vitest'

await useBackend((process.env.BACKEND ?? 'wasm') as 'wasm')
const ROUNDS = 15
const BATCH = 64
const SHAPE = [28, 28, 1] as const
const NET = {
  imgResolution: 28,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 16,
  channelMult: [1, 2, 2],
  numBlocks: 1,
}

const folder = await mkdtemp(join(tmpdir(), 'bench-'))
const store = await createPairStore(folder, { count: 1024, shardSize: 1024, seed: 1, shape: SHAPE })
await store.write(0, { images: Uint8Array.from(createRng(1).integers(1024 * 784, 256)) })

const rng = createRng(0)
const premetric: Premetric = pseudoHuber()
const net = new SongUNet(NET, { rng })
const coupling = prefetch(storedCoupling(store, { rng }))
const trainer = new Trainer({
  velocity: rng => edmVelocity(net, { training: { rng } }),
  weights: net.weights,
  coupling,
  timesteps: uShaped(),
  premetric,
  rng,
  batch: BATCH,
  clipNorm: 10,
})

const bareNet = new SongUNet(NET, { rng })
const slots = [...bareNet.weights.values()].map((weight): AdamSlot => {
  const zeros = () => tf.variable(tf.zerosLike(weight), false)
  return { weight, m: zeros(), v: zeros(), ema: zeros() }
})
const { x, z } = await store.batch(Array.from({ length: BATCH }, (_, i) => i))
const t = uShaped().sample(BATCH, rng)
const xt = interpolate(x, z, t)
const target = tf.sub(z, x)
let updates = 0

/** A step of only the network, the loss and the optimiser. */
async function bareStep(): Promise<void> {
  const { value, grads } = tf.variableGrads(
    () =>
      tf.mean(
        premetric(edmVelocity(bareNet, { training: { rng } })(xt, t), target, { t, xt, x }),
      ) as tf.Scalar,
    slots.map(({ weight }) => weight),
  )
  await value.data()
  updates++
  adamEma(
    slots,
    slots.map(({ weight }) => grads[weight.name]!),
    { step: updates, learningRate: 2e-4 },
  )
  tf.dispose([value, grads])
}

async function processorMs(body: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await body()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

await trainer.advance()
await bareStep()
const [whole, bare]: [number[], number[]] = [[], []]
for (let i = 0; i < ROUNDS; i++) {
  whole.push(await processorMs(() => trainer.advance()))
  bare.push(await processorMs(bareStep))
}
const [w, b] = [Math.min(...whole), Math.min(...bare)]
console.log(
  `${tf.getBackend()}, batch ${BATCH} of ${SHAPE}: ${w.toFixed(1)} ms a step, ${b.toFixed(1)} ms of them network, loss and ` +
    `optimiser: ${(100 * (1 - b / w)).toFixed(1)} % for everything else (the fastest of ${ROUNDS})`,
)
await coupling.dispose()
await store.close()
await rm(folder, { recursive: true })

describe('parts of the rest', () => {
  bench('pairs of a batch from memory: noise and bytes', async () => {
    const z = rng.fork(updates++).normal([BATCH, ...SHAPE])
    await z.data()
    z.dispose()
  })

  bench('norm of all gradients', async () => {
    const norm = tf.tidy(() =>
      tf.concat(slots.map(({ weight }) => tf.reshape(tf.sum(tf.square(weight)), [1]))),
    )
    await norm.data()
    norm.dispose()
  })
})
