import { readFile } from 'node:fs/promises'
import { createRng } from '@rectified-flow/core'
import { batches, type ImageSource } from '@rectified-flow/datasets'
import { featureStatistics } from '@rectified-flow/eval-fid'
import { readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import { independentCoupling, linearDecay, Trainer, warmUp } from '@rectified-flow/reflow'
import { frechetLoss } from '@rectified-flow/reflow/objectives'
import { edmVelocity, loadUNet, type UNet } from '@rectified-flow/unet'

export const SETTINGS = { steps: 200, batch: 128, learningRate: 4e-5, warmup: 10, decay: 0.9, emaDecay: 0.95 }

/** The shipped student, which draws digits in one step. */
export async function student(): Promise<UNet> {
  const file = import.meta.resolve('@rectified-flow/flow/weights/small-digit-student.safetensors')
  return loadUNet(await readFile(new URL(file)))
}

/** The student, post-trained on the Fréchet distance of small digit features to these images. */
export async function postTrained(
  images: ImageSource,
  seed: number,
  { steps, batch, learningRate, warmup, decay, emaDecay } = SETTINGS,
  log: (line: string) => void = () => {},
): Promise<UNet> {
  const [net, network] = [await student(), await readSmallDigitFeatures()]
  const reference = await featureStatistics(network, batches(images, { batch: 256 }))
  const rng = createRng(seed)
  const trainer = new Trainer({
    ...frechetLoss({ features: x => network.extract(x), reference, decay }),
    velocity: () => edmVelocity(net),
    weights: net.weights,
    coupling: independentCoupling(images, { rng: rng.fork('pairs') }),
    batch,
    learningRate: warmUp(linearDecay(learningRate, { from: warmup, to: steps }), { steps: warmup }),
    emaDecay,
    rng: rng.fork('training'),
  })
  while (trainer.step < steps) {
    const { step, loss } = await trainer.advance()
    if (step === 1 || step % 20 === 0) log(`seed ${seed}, step ${step}/${steps}: distance ${loss.toFixed(2)}`)
  }
  for (const [name, average] of trainer.ema) net.weights.get(name)!.assign(average)
  trainer.dispose()
  network.dispose()
  return net
}
