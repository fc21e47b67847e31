import { type Compilable, compile, conv2d, dropout, groupNormSilu } from '@rectified-flow/backends'
import { createRng, type Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const rng = createRng(1)

/** The bits of a function's tensors, which are freed. */
async function bitsOf(result: tf.TensorContainer): Promise<string[]> {
  const tensors = [result].flat() as tf.Tensor[]
  const bits = await Promise.all(
    tensors.map(async x => Buffer.from((await x.data()).slice().buffer).toString('hex')),
  )
  tf.dispose(tensors)
  return bits
}

/** Run a function as it is and compiled, on equal arguments, and expect equal bits. Returns why it was not compiled. */
async function expectSame<Args extends unknown[]>(
  fn: (...args: Args) => tf.Tensor | tf.Tensor[],
  argsOf: (time: number) => Args,
  times = 5,
): Promise<string | undefined> {
  const compiled = compile(fn as Compilable)
  for (let time = 0; time < times; time++) {
    const [args, again] = [argsOf(time), argsOf(time)]
    const once = await bitsOf(tf.tidy(() => fn(...args)))
    const now = await bitsOf(compiled(...again))
    expect(now, `run ${time}`).toEqual(once)
    tf.dispose([...args, ...again].filter(arg => arg instanceof tf.Tensor))
  }
  const { why } = compiled
  compiled.dispose()
  return why
}

describe.runIf(process.env.BACKEND === 'webgpu-software')('functions compiled to commands', () => {
  it('give the same bits, on other data each time', async () => {
    const filter = tf.variable(rng.normal([3, 3, 4, 4])) as tf.Variable<tf.Rank.R4>
    const [gamma, beta] = [tf.ones([4]), tf.zeros([4])] as [tf.Tensor1D, tf.Tensor1D]
    const loss = (x: tf.Tensor4D) =>
      tf.mean(tf.square(groupNormSilu(conv2d(x, filter, beta), gamma, beta, { groups: 2 }))) as tf.Scalar
    let calls = 0
    const why = await expectSame(
      (x: tf.Tensor4D) => {
        calls++
        const { value, grads } = tf.variableGrads(() => loss(x), [filter])
        return [value, ...Object.values(grads)]
      },
      (time): [tf.Tensor4D] => [rng.fork(time).normal([2, 5, 5, 4]) as tf.Tensor4D],
    )
    expect(why).toBeUndefined()
    expect(calls).toBe(5 + 2) // compiled, it is called twice
    tf.dispose([filter, gamma, beta])
  })

  it('draw their own random numbers each time', async () => {
    let calls = 0
    const why = await expectSame(
      (x: tf.Tensor, stream: Rng) => {
        calls++
        return [dropout(x, 0.4, stream.fork('a')), dropout(x, 0.2, stream), dropout(x, 0.3, stream)]
      },
      (time): [tf.Tensor, Rng] => [tf.ones([40]), rng.fork(time)],
    )
    expect(why).toBeUndefined()
    expect(calls).toBe(5 + 2)
  })
})
