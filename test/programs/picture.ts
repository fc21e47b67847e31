import { createRng } from '@rectified-flow/core'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { sample } from '@rectified-flow/reflow'
import { edmVelocity, loadUNet } from '@rectified-flow/unet'

/** Write a grid of 16 samples of a network of digits. */
export async function drawPicture(weights: Uint8Array, path: string): Promise<void> {
  const velocity = edmVelocity(loadUNet(weights))
  const rng = createRng(0)
  await writePngGrid(path, sample(velocity, rng.normal([16, 28, 28, 1]), { steps: 1 }).x)
}
