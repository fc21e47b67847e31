import { attention, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { runKernel } from '../../src/kernels/run-kernel.js'
import { compute } from './backends.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(6)

it.each([
  [[2, 70, 3 * 12], 2],
  [[1, 257, 3 * 9], 1],
  [[3, 1, 3 * 4], 4],
] as const)('of [%s] with %s heads is that of the composition', async (shape, heads) => {
  const input = { shape: [...shape], data: rng.normals(shape[0] * shape[1] * shape[2]) }
  const body = (qkv: tf.Tensor) => {
    const of = (qkv: tf.Tensor) => attention(qkv as tf.Tensor3D, { heads })
    const y = of(qkv)
    return [y, tf.grad(of)(qkv, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape))]
  }
  const expected = await compute('cpu', [input], body)
  for (const [i, { shape, data }] of (await compute('wasm', [input], body)).entries()) {
    expect(shape).toEqual(expected[i]!.shape)
    await expectClose(data, expected[i]!.data, sum)
  }
})

it('gives the logarithms of the sums, of small and large scores', async () => {
  await useBackend('wasm')
  const [b, n, heads, d] = [2, 37, 3, 5]
  const qkv = tf.mul(
    rng.normal([b, n, 3 * heads * d]),
    tf.reshape(tf.linspace(0.01, 12, n), [1, n, 1]),
  ) as tf.Tensor3D
  const { logSums } = runKernel('Attention', { qkv }, { heads })
  const [q, k] = tf
    .split(qkv, 3, 2)
    .map(part => tf.transpose(tf.reshape(part, [b, n, heads, d]), [0, 2, 1, 3])) as [tf.Tensor, tf.Tensor]
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d))
  expect((await tf.max(scores).data())[0]).toBeGreaterThan(100) // exp of these is no float32
  await expectClose(logSums, tf.logSumExp(scores, 3), f32)
})
