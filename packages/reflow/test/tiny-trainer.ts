import { type Coupling, createRng, type Field } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { Trainer, type TrainerOptions } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'

/** v = a x + b, which can learn pairs x = 0.5 z; the loss is convex. */
export function setup(options: Partial<TrainerOptions> = {}) {
  const [a, b] = [tf.tidy(() => tf.variable(tf.scalar(0.1))), tf.tidy(() => tf.variable(tf.scalar(0.5)))]
  const field: Field = x => tf.add(tf.mul(x, a), b)
  const coupling: Coupling = {
    async draw(step, batch) {
      const z = createRng(3).fork(step).normal([batch, 2, 2, 1])
      return { z, x: tf.mul(z, 0.5) }
    },
  }
  const trainer = new Trainer({
    velocity: () => field,
    weights: new Map([
      ['a', a],
      ['b', b],
    ]),
    coupling,
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 16,
    learningRate: 0.05,
    emaDecay: 0.9,
    ...options,
  })
  return { a, b, trainer, coupling }
}

/** The n-th call throws; the others are the function's own. */
export const failing = <F extends (...args: never[]) => unknown>(n: number, fn: F): F => {
  let calls = 0
  return ((...args: Parameters<F>) => {
    if (++calls === n) throw new Error('it fails')
    return fn(...args)
  }) as F
}

export const numbers = (trainer: Trainer) =>
  trainer.state().then(({ tensors }) => [...tensors].flatMap(([, { data }]) => [...data]))
