import {
  checkKind,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkRng,
  checkTensor,
  type OptionNames,
  type Rng,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type Affine, compose, identity } from './affine.js'
import { type Chromatic, chromatic, colour } from './colour.js'
import { type Geometric, geometric } from './geometry.js'
import { warp } from './warp.js'

const WHERE = 'unet.augment'

export type AugmentationName = keyof typeof geometric | keyof typeof chromatic
/** The augmentations to use. Each has the probability p times the number given for it. */
export type Augmentations = Partial<Record<AugmentationName, number>>

const geometricNames = Object.keys(geometric) as (keyof typeof geometric)[]
const chromaticNames = Object.keys(chromatic) as (keyof typeof chromatic)[]

/** The augmentations of EDM's networks, with 9 labels. The flip in x has probability 1/2 for every p except 0. */
export const edmAugmentations: Augmentations = {
  xflip: 1e8,
  yflip: 1,
  scale: 1,
  rotate: 1,
  anisotropy: 1,
  translate: 1,
}

export interface AugmentOptions {
  rng: Rng
  /** Probability of each augmentation, for each image. EDM uses 0.12 for CIFAR-10, 0.15 for FFHQ and AFHQ. */
  p?: number
  augmentations?: Augmentations
}

const augmentNames: OptionNames<AugmentOptions> = {
  rng: 'required',
  p: 'optional',
  augmentations: 'optional',
}

/** Length of the labels of these augmentations: the augmentDim that a network needs. */
export function augmentDim(augmentations: Augmentations = edmAugmentations): number {
  return active(augmentations).reduce((sum, [, { labels, size }]) => sum + labels(none(size)).length, 0)
}

/**
 * Non-leaking augmentation: images changed at random, and labels that tell the network how. Labels of zeros mean
 * "unchanged"; a sampler uses them. Each augmentation of each image has its own random numbers.
 *
 * @param images  [B,H,W,C] in [-1, 1]; C = 1 or 3 for changes of colour
 * @returns       images [B,H,W,C] and labels [B,augmentDim(augmentations)]
 * @see Karras et al., arXiv 2206.00364, appendix F.2
 */
export async function augment(
  images: tf.Tensor4D,
  options: AugmentOptions,
): Promise<{ images: tf.Tensor4D; labels: tf.Tensor2D }> {
  checkOptions('unet.augment', options, augmentNames)
  const { rng, p = 0.12, augmentations = edmAugmentations } = options
  checkTensor(WHERE, 'images', images, ['B', 'H', 'W', 'C'])
  checkRng(WHERE, rng)
  checkNumber(WHERE, 'p', p, 0, 1)
  const chosen = active(augmentations)
  const [batch, height, width, channels] = images.shape
  if (chromaticNames.some(name => augmentations[name]) && channels !== 1 && channels !== 3)
    throw new RangeError(`${WHERE}: images must have 1 or 3 channels to change colours, got ${channels}.`)

  const pixels = Float32Array.from(await images.data())
  const size = height * width * channels
  const labels: number[] = []
  for (let i = 0; i < batch; i++) {
    let source: Affine = identity
    let [moved, exact] = [false, true]
    const maps: ReturnType<Chromatic['map']>[] = []
    for (const [name, kind, multiple] of chosen) {
      const stream = rng.fork(i).fork(name)
      const on = stream.uniforms(1)[0]! < multiple * p
      const parameters = on ? kind.draw(stream) : none(kind.size)
      labels.push(...kind.labels(parameters))
      if (!parameters.some(value => value !== 0)) continue
      if ('map' in kind) maps.push(kind.map(parameters))
      else {
        source = compose(source, kind.source(parameters, width, height))
        moved = true
        exact &&= kind.exact
      }
    }
    const image = pixels.subarray(i * size, (i + 1) * size)
    if (moved) image.set(warp(image, [height, width, channels], source, exact))
    for (const map of maps) colour(image, channels, map)
  }
  return {
    images: tf.tensor4d(pixels, images.shape),
    labels: tf.tensor2d(labels, [batch, augmentDim(augmentations)]),
  }
}

/** Parameters with which an augmentation changes nothing. */
const none = (size: number): number[] => new Array<number>(size).fill(0)

/** The augmentations in use, in the order in which they are applied. */
function active(augmentations: Augmentations): [AugmentationName, Geometric | Chromatic, number][] {
  checkKind(WHERE, 'augmentations', augmentations, 'an object of augmentations and numbers', [])
  const all: [AugmentationName, Geometric | Chromatic][] = [
    ...geometricNames.map((name): [AugmentationName, Geometric] => [name, geometric[name]]),
    ...chromaticNames.map((name): [AugmentationName, Chromatic] => [name, chromatic[name]]),
  ]
  for (const [name, multiple] of Object.entries(augmentations)) {
    checkOneOf(WHERE, 'augmentations', name, [...geometricNames, ...chromaticNames])
    checkNumber(WHERE, name, multiple, 0)
  }
  return all
    .map(([name, kind]): [AugmentationName, Geometric | Chromatic, number] => [
      name,
      kind,
      augmentations[name] ?? 0,
    ])
    .filter(([, , multiple]) => multiple > 0)
}
