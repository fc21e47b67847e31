import { createRng } from '@rectified-flow/core'
import { cifar10, imageDataset } from '@rectified-flow/datasets'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { createUNet, edmVelocity, presets, type SongUNetConfig } from '@rectified-flow/unet'
import { smallUNet, tinyCifar10UNet, tinyUNet } from '../networks.js'

export interface TrainingSettings {
  config: SongUNetConfig
  batch: number
  learningRate: number
}

/** The trainings whose losses on a CPU are in cpu-curves.json; the tiny ones are for a software adapter. */
export const curveTrainings = {
  small: { config: { ...smallUNet, dropout: 0.1 }, batch: 32, learningRate: 1e-3, steps: 400 },
  cifar10: { config: presets.cifar10, batch: 16, learningRate: 2e-4, steps: 10 },
  tinySmall: { config: { ...tinyUNet, dropout: 0.1 }, batch: 4, learningRate: 1e-3, steps: 6 },
  tinyCifar10: { config: tinyCifar10UNet, batch: 2, learningRate: 2e-4, steps: 3 },
} satisfies Record<string, TrainingSettings & { steps: number }>

export type CurveName = keyof typeof curveTrainings

/** A trainer on CIFAR-10 whose losses depend on the settings alone, up to rounding. The images are cut to the network's side. */
export function cifarTrainer(file: Uint8Array, { config, ...settings }: TrainingSettings) {
  const net = createUNet(config, { rng: createRng(1) })
  const trainer = new Trainer({
    ...settings,
    velocity: rng => edmVelocity(net, { training: { rng } }),
    weights: net.weights,
    coupling: independentCoupling(cornersOf(file, config.imgResolution), { rng: createRng(2) }),
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(3),
  })
  return {
    trainer,
    dispose() {
      trainer.dispose()
      net.dispose()
    },
  }
}

/** The upper left corner, of this side, of each image. */
function cornersOf(file: Uint8Array, side: number) {
  const { images, width, count } = cifar10([file])
  const cut = new Uint8Array(count * side * side * 3)
  for (let n = 0; n < count; n++)
    for (let row = 0; row < side; row++) {
      const from = (n * width + row) * width * 3
      cut.set(images.subarray(from, from + side * 3), (n * side + row) * side * 3)
    }
  return imageDataset({ images: cut, height: side, width: side, channels: 3 })
}
