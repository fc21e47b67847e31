import { adamEma, attention, conv2d, dropout, groupNormSilu, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** Put the wasm backend in the state of a new process: registered, not started. */
async function stopped(): Promise<void> {
  await useBackend('wasm')
  const factory = tf.findBackendFactory('wasm')
  await useBackend('cpu')
  tf.removeBackend('wasm')
  tf.registerBackend('wasm', factory)
}

const heap = () =>
  (tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm.asm.memory

beforeAll(async () => {
  await stopped()
  await useBackend('wasm', { threads: 3 })
})
afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(11)
const normal = <T extends tf.Tensor>(...shape: number[]) => rng.normal(shape) as T

async function sameBits(body: () => tf.Tensor[]): Promise<void> {
  const results: Float32Array[][] = []
  for (const threads of [1, 2, 3]) {
    await useBackend('wasm', { threads })
    const outputs = tf.tidy(body)
    results.push(await Promise.all(outputs.map(output => output.data<'float32'>())))
    tf.dispose(outputs)
  }
  const [one, ...more] = results as [Float32Array[], ...Float32Array[][]]
  for (const other of more) for (const [i, data] of other.entries()) await expectClose(data, one[i]!, exact)
}

const withGradients = (f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]) => {
  const y = f(...inputs)
  return [y, ...tf.grads(f)(inputs, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape))]
}

it.each([
  ['by tiles', [9, 31, 29, 16], [3, 3, 16, 28], 1],
  ['of few tiles', [2, 8, 8, 16], [3, 3, 16, 256], 1],
  ['by pixels', [3, 31, 29, 5], [3, 3, 5, 17], 1],
  ['of one image', [1, 32, 32, 32], [3, 3, 32, 32], 1],
  ['by one pixel', [4, 16, 16, 32], [1, 1, 32, 48], 1],
  ['with strides', [4, 32, 32, 8], [3, 3, 8, 40], 2],
] as const)('a convolution %s', async (_, xShape, filterShape, strides) => {
  const inputs = [normal(...xShape), normal(...filterShape), normal(filterShape[3])]
  await sameBits(() =>
    withGradients(
      (x, filter, bias) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, { strides }),
      inputs,
    ),
  )
})

it.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('a matrix product, transposed: %s, %s', async (transposeA, transposeB) => {
  const a = transposeA ? normal(5, 70, 131) : normal(5, 131, 70)
  const b = transposeB ? normal(5, 90, 70) : normal(5, 70, 90)
  await sameBits(() => withGradients((a, b) => tf.matMul(a, b, transposeA, transposeB), [a, b]))
})

it('dropout', async () => {
  const x = normal(7, 20_011)
  await sameBits(() => withGradients(x => dropout(x, 0.3, createRng(3)), [x]))
})

it('group normalisation', async () => {
  const inputs = [normal(5, 24, 24, 32), normal(32), normal(32), normal(5, 32), normal(5, 32)]
  await sameBits(() =>
    withGradients(
      (x, gamma, beta, scale, shift) =>
        groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
          groups: 8,
          scale: scale as tf.Tensor2D,
          shift: shift as tf.Tensor2D,
        }),
      inputs,
    ),
  )
})

it('attention', async () => {
  const qkv = normal(3, 150, 48)
  await sameBits(() => withGradients(qkv => attention(qkv as tf.Tensor3D, { heads: 2 }), [qkv]))
})

it('sums', async () => {
  const x = normal(9, 300, 99)
  await sameBits(() => [0, 1, 2].map(axis => tf.sum(x, axis)).concat(tf.sum(x, [0, 1]), tf.sum(x, [1, 2])))
})

it('training steps', async () => {
  const [x, target] = [normal<tf.Tensor4D>(4, 16, 16, 16), normal<tf.Tensor4D>(4, 16, 16, 16)]
  const start = [normal(3, 3, 16, 32), normal(32), normal(32), normal(1, 1, 32, 16)]
  const shapes = start.map(({ shape }) => shape)
  await sameBits(() => {
    const slots = start.map(value => ({
      weight: tf.variable(value),
      m: tf.variable(tf.zerosLike(value), false),
      v: tf.variable(tf.zerosLike(value), false),
      ema: tf.variable(value, false),
    }))
    const loss = () => {
      const [filter, gamma, beta, out] = slots.map(({ weight }) => weight as tf.Tensor)
      const h = groupNormSilu(conv2d(x, filter as tf.Tensor4D), gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        groups: 8,
      })
      const tokens = tf.reshape(h, [4, 256, 32]) as tf.Tensor3D
      const mixed = tf.reshape(attention(tf.concat([tokens, tokens, tokens], 2)), h.shape) as tf.Tensor4D
      const y = conv2d(tf.add(h, mixed), out as tf.Tensor4D)
      return tf.mean(tf.square(tf.sub(y, target))) as tf.Scalar
    }
    for (let step = 1; step <= 3; step++) {
      const { grads } = tf.variableGrads(
        loss,
        slots.map(({ weight }) => weight),
      )
      adamEma(
        slots,
        slots.map(({ weight }) => grads[weight.name]!),
        { step, learningRate: 1e-2 },
      )
    }
    const ends = slots.flatMap(({ weight, ema }) => [
      tf.clone(weight as tf.Tensor),
      tf.clone(ema as tf.Tensor),
    ])
    tf.dispose(slots.map(slot => Object.values(slot)))
    expect(ends.filter((_, i) => i % 2 === 0).map(({ shape }) => shape)).toEqual(shapes)
    return ends
  })
})

it('goes on when the heap grows', async () => {
  await useBackend('wasm', { threads: 3 })
  const before = heap().buffer.byteLength
  const held = [0, 1, 2].map(value => tf.fill([64, 64, 64, 16], value))
  expect(heap().buffer.byteLength).toBeGreaterThan(before)
  await sameBits(() => [conv2d(held[2] as tf.Tensor4D, tf.ones([1, 1, 16, 8])), tf.sum(held[1]!)])
  const y = tf.tidy(() => tf.max(tf.abs(tf.sub(conv2d(held[2] as tf.Tensor4D, tf.ones([1, 1, 16, 8])), 32))))
  await expectClose(y, tf.scalar(0), exact)
  tf.dispose([held, y])
})

it('says how many threads there are, and keeps the number when none is given', async () => {
  expect((await useBackend('wasm', { threads: 2 })).device).toBe('2 threads')
  expect((await useBackend('wasm')).device).toBe('2 threads')
  expect((await useBackend('wasm', { threads: 1 })).device).toBe('1 thread')
  expect((await useBackend('wasm')).device).toBe('1 thread')
})

it('refuses an invalid number of threads', async () => {
  await expect(useBackend('wasm', { threads: 0 })).rejects.toThrow(
    new RangeError('backends.useBackend: threads must be an integer >= 1, got 0.'),
  )
})

it('takes plain memory for one thread, and then refuses more threads', async () => {
  await stopped()
  await useBackend('wasm', { threads: 1 })
  expect(heap().buffer).toBeInstanceOf(ArrayBuffer)
  await expect(useBackend('wasm', { threads: 2 })).rejects.toThrow(
    new Error(
      "backends.useBackend: wasm can't be used here: it runs with 1 thread, and that can only change before it starts.",
    ),
  )
  expect((await useBackend('wasm')).device).toBe('1 thread')
  await stopped()
  expect((await useBackend('wasm', { threads: 2 })).device).toBe('2 threads')
  expect(heap().buffer).toBeInstanceOf(SharedArrayBuffer)
  const total = tf.tidy(() => tf.sum(tf.ones([4])))
  await expectClose(total, tf.scalar(4), exact)
  total.dispose()
})
