import { createRng, type Field, indexedNormal, oneHot } from '@rectified-flow/core'
import { invert, sample } from '@rectified-flow/reflow'
import { edmVelocity, loadUNet, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { read } from '../read.js'
import type { Drawn, Facts, Manner } from './messages.js'

interface Loaded {
  net: UNet
  /** The velocity without classes: one function for all calls, so that it is compiled once. */
  plain: Field<tf.Tensor4D>
}

const networks = new Map<string, Loaded>()

/** Load a file of saveUNet under a name, in place of an earlier network of that name. */
export function load(name: string, bytes: ArrayBuffer): Facts {
  const net = loadUNet(bytes)
  networks.get(name)?.net.dispose()
  networks.set(name, { net, plain: edmVelocity(net) })
  const { imgResolution: side, outChannels: channels, labelDim: classes } = net.config
  return { side, channels, classes, weights: [...net.weights.values()].reduce((n, { size }) => n + size, 0) }
}

/** Standard normal noise [indices.length,size]: the noise of an index depends on the seed and the index alone. */
export async function normals(seed: number, indices: readonly number[], size: number): Promise<Float32Array> {
  return read(indexedNormal(createRng(seed), [...indices], [size]))
}

/** Draw the images of noises [N,side,side,channels]. */
export function draw(name: string, noise: Float32Array, manner: Manner = {}): Promise<Drawn> {
  const { steps = 1 } = manner
  return run(name, noise, manner, (field, z, compile) => sample(field, z, { steps, compile }).x)
}

/** Find the noises of images [N,side,side,channels] in [-1,1]. */
export function findNoise(name: string, images: Float32Array, manner: Manner = {}): Promise<Drawn> {
  const { steps = 4 } = manner
  return run(name, images, manner, (field, x, compile) => {
    const noise = createRng(0).normal(x.shape) as tf.Tensor4D
    return invert(field, x, { noise, steps, compile }).z
  })
}

async function run(
  name: string,
  values: Float32Array,
  { labels }: Manner,
  work: (field: Field<tf.Tensor4D>, x: tf.Tensor4D, compile: boolean) => tf.Tensor4D,
): Promise<Drawn> {
  const loaded = networks.get(name)
  if (!loaded) throw new Error(`playground.draw: name must be that of a loaded network, got '${name}'.`)
  const { net, plain } = loaded
  const { imgResolution: side, outChannels: channels, labelDim: classes } = net.config
  const begin = performance.now()
  const result = tf.tidy(() => {
    const x = tf.tensor4d(values, [values.length / (side * side * channels), side, side, channels])
    if (!labels || classes === 0) return work(plain, x, true)
    return work(edmVelocity(net, { classLabels: oneHot([...labels], classes) }), x, false)
  })
  return { values: await read(result), ms: performance.now() - begin }
}
