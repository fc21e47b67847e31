import { type Coupling, createRng, type Rng, type Weights } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { sample, Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'

/** A flow from noise to two Gaussians of deviation 0.3, around (-1.5, 0.5) and (1.5, -0.5). Returns n samples [n,2]. */
export async function drawPoints(n: number, steps: number): Promise<tf.Tensor2D> {
  const rng = createRng(0)
  const coupling: Coupling<tf.Tensor2D> = {
    draw(step, batch) {
      const draw = rng.fork('pairs').fork(step)
      return { x: twoGaussians(batch, draw.fork('x')), z: draw.fork('z').normal([batch, 2]) }
    },
  }
  const sizes = [3, 64, 64, 2]
  const weights = new Map<string, tf.Variable>()
  for (const [i, to] of sizes.slice(1).entries()) {
    const from = sizes[i] ?? 0
    weights.set(`w${i}`, tf.variable(tf.mul(rng.fork(i).normal([from, to]), Math.sqrt(2 / from))))
    weights.set(`b${i}`, tf.variable(tf.zeros([to])))
  }
  const trainer = new Trainer({
    velocity: () => mlp(weights),
    weights,
    coupling,
    timesteps: uniform(),
    premetric: squaredL2,
    rng: rng.fork('training'),
    batch: 256,
    learningRate: 3e-3,
  })
  while (trainer.step < steps) await trainer.advance()
  return sample(mlp(trainer.ema), rng.fork('samples').normal([n, 2]), { steps: 32 }).x
}

function twoGaussians(n: number, rng: Rng): tf.Tensor2D {
  const side = rng.uniforms(n).map(u => (u < 0.5 ? -1 : 1))
  const centres = tf.tensor2d(
    [...side].flatMap(s => [1.5 * s, -0.5 * s]),
    [n, 2],
  )
  return tf.add(centres, tf.mul(rng.normal([n, 2]), 0.3))
}

function mlp(weights: Weights) {
  const layer = (x: tf.Tensor2D, i: number) =>
    tf.add<tf.Tensor2D>(tf.matMul(x, weights.get(`w${i}`) as tf.Tensor2D), weights.get(`b${i}`) as tf.Tensor)
  return (x: tf.Tensor2D, t: tf.Tensor1D): tf.Tensor2D =>
    tf.tidy(() => {
      const xt: tf.Tensor2D = tf.concat([x, tf.reshape(t, [-1, 1])], 1)
      return layer(tf.relu(layer(tf.relu(layer(xt, 0)), 1)), 2)
    })
}
