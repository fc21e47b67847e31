import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import { useBackend } from '@rectified-flow/core/node'
import { edmVelocity, stateDict } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Golden, relativeError } from './golden.js'

const golden = new Golden('training/gradients.safetensors')

// The cpu backend takes a minute for one gradient.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
})

/** Mean over the batch, from the squared norm per sample [B] and the dimension d. */
const losses: Record<string, (square: tf.Tensor, d: number) => tf.Scalar> = {
  'l2-squared': (square, d) => tf.mean(tf.div(square, d)),
  huber: (square, d) => {
    const c = 0.00054 * d
    return tf.mean(tf.div(tf.sub(tf.sqrt(tf.add(square, c ** 2)), c), d))
  },
}

describe.each(Object.keys(losses))('%s', kind => {
  it('loss and the gradient of every weight', async () => {
    const net = new Golden('unet/song-ncsnpp.safetensors').net()
    const field = edmVelocity(net)
    const [x, z, t] = [golden.tensor('x'), golden.tensor('z'), golden.tensor<tf.Tensor1D>('t')]
    const time = tf.reshape(t, [-1, 1, 1, 1])
    const xt = tf.add(tf.mul(tf.sub(1, time), x), tf.mul(time, z))
    const d = x.size / x.shape[0]
    const { value, grads } = tf.variableGrads(() => {
      const residual = tf.sub(field(xt, t), tf.sub(z, x))
      return (losses[kind] as (typeof losses)[string])(tf.sum(tf.square(residual), [1, 2, 3]), d)
    })
    expect(relativeError(tf.reshape(value, [1]), golden.tensor(`${kind}/loss`))).toBeLessThan(1e-5)

    const named = new Map<string, tf.Variable>()
    for (const [name, { name: id }] of net.weights) if (grads[id]) named.set(name, tf.variable(grads[id]))
    const state = await stateDict(named)
    for (const [name, { shape, data }] of golden.section(`${kind}/grad/model.`)) {
      const actual = state.get(name) as HostTensor
      expect(actual.shape).toEqual(shape)
      const scale = Math.max(...(data as Float32Array).map(Math.abs))
      const worst = Math.max(
        ...(data as Float32Array).map((value, i) => Math.abs(value - Number(actual.data[i]))),
      )
      expect(worst / scale, name).toBeLessThan(1e-3)
    }
    for (const [name, norm] of golden.section(`${kind}/gradnorm/model.`)) {
      const expected = toFloat32(norm)[0] as number
      const actual = Math.hypot(...toFloat32(state.get(name) ?? zero))
      expect(Math.abs(actual - expected), name).toBeLessThan(1e-3 * expected + 1e-6)
    }
  })
  const zero: HostTensor = { dtype: 'F32', shape: [1], data: new Float32Array(1) }
})
