import type { Field } from '@rectified-flow/core'
import { rk4, trajectory } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import type { Place } from './plane-messages.js'

/** States of a path, which is solved so finely that it looks smooth. */
const STATES = 33

/** The path through a place, at STATES evenly falling times from noise to data: x and y in turn. */
export function pathThrough(field: Field<tf.Tensor2D>, { x, y, t }: Place): tf.Tensor {
  return tf.tidy(() => {
    const start = tf.tensor2d([[x, y]])
    const times = Array.from({ length: STATES }, (_, i) => 1 - i / (STATES - 1))
    const reach = (targets: number[]) =>
      targets.length === 0
        ? []
        : trajectory(field, start, { method: rk4, times: [t, ...targets] }).states.slice(1)
    const before = reach(times.filter(time => time > t).reverse()).reverse()
    const at = times.includes(t) ? [start] : []
    return tf.concat([...before, ...at, ...reach(times.filter(time => time < t))])
  })
}
