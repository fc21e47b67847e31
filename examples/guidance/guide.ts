import { createRng } from '@rectified-flow/core'
import type { ImageSource } from '@rectified-flow/datasets'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { logitNormal } from '@rectified-flow/timestep-dists'
import { edmVelocity, SongUNet, type SongUNetConfig } from '@rectified-flow/unet'

/** Half the channels of the teacher, and a quarter of its steps: worse in the same way. */
export const GUIDE = { modelChannels: 16, steps: 1500, batch: 64, learningRate: 2e-3 }

/** Train a guide for autoguidance: a network like the teacher's, smaller and for a shorter time, on the same data. */
export async function trainGuide(
  teacher: SongUNetConfig,
  faces: ImageSource,
  { modelChannels, steps, batch, learningRate } = GUIDE,
  onProgress: (line: string) => void = () => {},
): Promise<SongUNet> {
  const rng = createRng(2)
  const net = new SongUNet({ ...teacher, modelChannels }, { rng: rng.fork('weights') })
  const trainer = new Trainer({
    velocity: (dropout, classLabels) => edmVelocity(net, { classLabels, training: { rng: dropout } }),
    weights: net.weights,
    coupling: independentCoupling(faces, { rng: rng.fork('pairs') }),
    timesteps: logitNormal(),
    premetric: squaredL2,
    batch,
    learningRate: warmUp(learningRate, { steps: 200 }),
    emaDecay: 0.999,
    rng: rng.fork('training'),
  })
  for (let total = 0; trainer.step < steps; ) {
    const { step, loss } = await trainer.advance()
    total += loss
    if (step % 250 !== 0) continue
    onProgress(`guide ${step}/${steps}  loss ${(total / 250).toFixed(4)}`)
    total = 0
  }
  for (const [name, average] of trainer.ema) net.weights.get(name)!.assign(average)
  trainer.dispose()
  return net
}
