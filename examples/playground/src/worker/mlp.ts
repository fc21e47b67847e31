import type { Field, Rng, Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { SIZES, WEIGHTS } from './sizes.js'

/** Names and shapes of the weights. */
const shapes = (): (readonly [string, readonly number[]])[] =>
  SIZES.slice(1).flatMap((to, i) => [
    [`${i + 1}.weight`, [SIZES[i]!, to]],
    [`${i + 1}.bias`, [to]],
  ])

/** Weights of a velocity for points of the plane: three hidden layers, and a last layer of zeros: it starts as v = 0. */
export function createWeights(rng: Rng): Map<string, tf.Variable> {
  const last = `${SIZES.length - 1}.weight`
  return new Map(
    shapes().map(([name, [from, to]]) => [
      name,
      tf.tidy(() =>
        to === undefined || name === last
          ? tf.variable(tf.zeros(to === undefined ? [from!] : [from!, to]))
          : tf.variable(tf.mul(rng.fork(name).normal([from!, to]), Math.sqrt(2 / from!))),
      ),
    ]),
  )
}

/** Other variables of the same values. */
export const copyWeights = (weights: Weights): Map<string, tf.Variable> =>
  new Map([...weights].map(([name, value]) => [name, tf.tidy(() => tf.variable(tf.clone(value)))]))

/** All weights in one list, for `unpackWeights`. */
export async function packWeights(weights: Weights): Promise<Float32Array> {
  const parts = await Promise.all([...weights.values()].map(weight => weight.data<'float32'>()))
  return Float32Array.from(parts.flatMap(part => [...part]))
}

/** Weights from a list of `packWeights`. */
export function unpackWeights(packed: Float32Array): Map<string, tf.Variable> {
  if (packed.length !== WEIGHTS)
    throw new RangeError(`A flow must have ${WEIGHTS} weights, got ${packed.length}.`)
  const weights = new Map<string, tf.Variable>()
  let at = 0
  for (const [name, shape] of shapes()) {
    const size = shape.reduce((product, side) => product * side, 1)
    weights.set(
      name,
      tf.tidy(() => tf.variable(tf.tensor(packed.slice(at, at + size), [...shape]))),
    )
    at += size
  }
  return weights
}

/** The velocity: points [B,2] and t [B] to [B,2]. */
export function velocityOf(weights: Weights): Field<tf.Tensor2D> {
  const layer = (i: number, x: tf.Tensor) =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, weights.get(`${i}.weight`) as tf.Tensor2D),
      weights.get(`${i}.bias`) as tf.Tensor,
    )
  return (x, t) =>
    tf.tidy(() => {
      const turn = tf.reshape(tf.mul(t, Math.PI), [-1, 1])
      let y: tf.Tensor = tf.concat([x, tf.cos(turn), tf.sin(turn)], 1)
      for (let i = 1; i < SIZES.length - 1; i++) {
        const z = layer(i, y)
        y = tf.mul(z, tf.sigmoid(z))
      }
      return layer(SIZES.length - 1, y)
    })
}
