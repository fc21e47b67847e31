import { createRng } from '@rectified-flow/core'
import { useBackend } from '@rectified-flow/backends'
import { readMnist } from '@rectified-flow/datasets/node'
import { pseudoHuber } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, sample, Trainer } from '@rectified-flow/reflow'
import { uShaped } from '@rectified-flow/timestep-dists'
import { edmVelocity, SongUNet } from '@rectified-flow/unet'

await useBackend()
const rng = createRng(0)
const digits = { imgResolution: 28, inChannels: 1, outChannels: 1 }
const net = new SongUNet({ ...digits, modelChannels: 16, channelMult: [1, 2, 2], numBlocks: 1 }, { rng })
const trainer = new Trainer({
  velocity: rng => edmVelocity(net, { training: { rng } }),
  weights: net.weights,
  coupling: independentCoupling(await readMnist(process.argv[2]), { rng }),
  timesteps: uShaped({ a: 4 }),
  premetric: pseudoHuber(),
  rng,
})
for (let i = 0; i < 1000; i++) { const {loss}=await trainer.advance(); if(i%50===0) console.log(i, loss, new Date().toISOString()) }
const { x } = sample(edmVelocity(net.withWeights(trainer.ema)), rng.normal([16, 28, 28, 1]), { steps: 16 })

import { writePngGrid } from '@rectified-flow/datasets/node'
await writePngGrid('/tmp/readme.png', x)
const one = sample(edmVelocity(net), rng.fork('z').normal([16, 28, 28, 1]), { steps: 16 })
await writePngGrid('/tmp/readme-raw.png', one.x)
