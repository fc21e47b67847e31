import { alongBatch, checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Space } from './space.js'

export interface TensorParts {
  field: Field
  rtol: number | tf.Tensor
  atol: number | tf.Tensor
  event: ((x: tf.Tensor, t: tf.Tensor1D) => tf.Tensor) | undefined
  perSample: boolean
}

/** The space of states that are tensors of this shape [B,...], float32, with one lane or one per sample. */
export function tensorSpace(
  where: string,
  shape: readonly number[],
  { field, rtol, atol, event, perSample }: TensorParts,
): Space<tf.Tensor> {
  const batch = shape[0]!
  const lanes = perSample ? batch : 1
  /** One number per lane, in a shape that broadcasts over the lane. */
  const spread = (values: readonly number[]): tf.Tensor | number =>
    perSample ? alongBatch(tf.tensor1d([...values]), { rank: shape.length }) : values[0]!
  const times = (t: readonly number[]): tf.Tensor1D =>
    perSample ? tf.tensor1d([...t]) : tf.fill([batch], t[0]!)
  const divisor = (a: tf.Tensor, b: tf.Tensor) => tf.add(atol, tf.mul(rtol, tf.maximum(tf.abs(a), tf.abs(b))))
  const meanOf = (values: tf.Tensor) => tf.mean(tf.reshape(values, [lanes, -1]), 1)
  /** One number for each vector and lane, by a function that is made once; one read from the device. */
  const perLane = async (vectors: readonly tf.Tensor[], make: () => (vector: tf.Tensor) => tf.Tensor) => {
    const numbers = tf.tidy(() => tf.stack(vectors.map(make())))
    try {
      const values = Array.from(await numbers.data())
      return vectors.map((_, i) => values.slice(i * lanes, (i + 1) * lanes))
    } finally {
      numbers.dispose()
    }
  }

  return {
    lanes,
    evaluate: (x, t) =>
      tf.tidy(() => {
        const v = field(x, times(t))
        checkTensor(where, 'field(x, t)', v, shape)
        return tf.clone(v)
      }),
    combine: (x, k, weights) =>
      tf.tidy(() => {
        let increment: tf.Tensor | undefined
        for (const [i, vector] of k.entries()) {
          const column = weights.map(row => row[i]!)
          if (column.every(weight => weight === 0)) continue
          const term = tf.mul(vector, spread(column))
          increment = increment ? tf.add(increment, term) : term
        }
        if (!increment) return x ? tf.clone(x) : tf.zeros([...shape])
        return x ? tf.add(x, increment) : increment
      }),
    sizes: (vectors, a, b) =>
      perLane(vectors, () => {
        const scale = divisor(a, b)
        return vector => tf.sqrt(meanOf(tf.square(tf.div(vector, scale))))
      }),
    products: (vectors, w, near) =>
      perLane(vectors, () => {
        const scale = divisor(near, near)
        const scaled = tf.div(w, scale)
        return vector => meanOf(tf.mul(tf.div(vector, scale), scaled))
      }),
    async dividesByZero(a, b) {
      const found = tf.tidy(() => tf.any(tf.equal(divisor(a, b), 0)))
      try {
        return (await found.data())[0] === 1
      } finally {
        found.dispose()
      }
    },
    select(chosen, one, other) {
      if (chosen.every(choice => choice === chosen[0])) return tf.clone(chosen[0] ? one : other)
      return tf.tidy(() => {
        const mask = alongBatch(tf.tensor1d([...chosen], 'bool'), { rank: shape.length })
        return tf.where(tf.broadcastTo(mask, [...shape]), one, other)
      })
    },
    async event(x, t) {
      const value = tf.tidy(() => {
        const got = event!(x, times(t))
        const single = !perSample && Array.isArray(got?.shape) && got.shape.length === 0
        checkTensor(where, 'event.value(x, t)', got, single ? [] : [lanes])
        return tf.clone(got)
      })
      try {
        return Array.from(await value.data())
      } finally {
        value.dispose()
      }
    },
    copy: tf.clone,
    scope: body => tf.tidy(body as () => never),
    free: states => tf.dispose([...states]),
  }
}
