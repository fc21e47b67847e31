import type { Coupling, Rng, Weights } from '@rectified-flow/core'
import { pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { Trainer } from '@rectified-flow/reflow'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import type * as tf from '@tensorflow/tfjs-core'
import { velocityOf } from './mlp.js'
import type { TrainingSettings } from './plane-messages.js'

/** A trainer of a flow of the plane; its batches and its learning rate are the same everywhere on the page. */
export function createTrainer(
  weights: Weights,
  coupling: Coupling<tf.Tensor2D>,
  { timesteps, loss }: Omit<TrainingSettings, 'steps'>,
  rng: Rng,
): Trainer {
  return new Trainer({
    velocity: () => velocityOf(weights),
    weights,
    coupling,
    timesteps: timestepDistributions[timesteps].make({}),
    premetric: loss === 'squaredL2' ? squaredL2 : pseudoHuber(),
    rng,
    batch: 256,
    learningRate: 2e-3,
    emaDecay: 0.99,
  })
}
