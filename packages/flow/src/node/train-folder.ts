import { checkInt, checkOptions, createRng } from '@rectified-flow/core'
import { openImages } from '@rectified-flow/datasets/node'
import { independentCoupling } from '@rectified-flow/reflow'
import { createUNet } from '@rectified-flow/unet'
import type { Flow } from '../flow.js'
import { startBackend } from '../start-backend.js'
import { networkFor } from './network-for.js'
import { type RunOptions, runNames, trainFlow } from './train-flow.js'

export interface TrainFolderOptions extends RunOptions {
  /** Height and width to which the images are cropped and resized; a multiple of 4. */
  size: number
  /** Channels of the network's widest level; a network of half the width computes about three times as fast. */
  width?: number
}

/**
 * Train a 1-rectified flow on images: independent pairs, uniform t, squared L2 (Liu et al., arXiv 2209.03003). Images in class
 * folders train a flow with these classes. If no backend is active, the first that works is used.
 *
 *     const flow = await trainFolder('photos', { size: 32, folder: 'runs/photos' })
 *
 * Killed and called again, it goes on from the newest checkpoint in `folder`. Draw with 16 steps or more, or straighten it.
 *
 * @param dir  images in any form that `openImages` of `@rectified-flow/datasets/node` opens: a folder, a zip, MNIST, CIFAR-10
 * @returns    the flow of the averaged weights, which are also in `network.safetensors` of the folder
 * @throws Error if a signal stopped the run, RangeError if the folder holds a run with other settings
 */
export async function trainFolder(dir: string, options: TrainFolderOptions): Promise<Flow> {
  const where = 'flow.trainFolder'
  checkOptions<TrainFolderOptions>(where, options, {
    ...runNames,
    size: 'required',
    width: 'optional',
  })
  const { size, folder, width = 32, steps = 5000, batch = 64, learningRate = 1e-3, seed = 0 } = options
  checkInt(where, 'size', size, 8)
  checkInt(where, 'width', width, 4)
  await startBackend()
  const images = await openImages(dir, { resolution: size, allowJpeg: true })
  try {
    const { count, channels, classes, classNames } = images
    const rng = createRng(seed)
    const net = createUNet(networkFor({ size, channels, classes, width }), { rng: rng.fork('weights') })
    const coupling = independentCoupling(images, { rng: rng.fork('coupling') })
    const settings = { data: dir, images: count, size, width }
    const plan = { folder, steps, batch, learningRate, seed, settings }
    const flow = { coupling, classNames, recipe: 'B', rng: rng.fork('training') } as const
    return await trainFlow(where, net, { ...plan, ...flow }, options)
  } finally {
    await images.close()
  }
}
