import { attention, conv2d, groupNorm, groupNormSilu, resample } from '@rectified-flow/backends'
import { encodeOnnx, type OnnxShapes, toOnnx } from '@rectified-flow/backends/onnx'
import { createRng } from '@rectified-flow/core'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { runOnnx } from '@rectified-flow/tools/run-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

const rng = createRng(7)
const normal = (...shape: number[]) => rng.fork(shape.join()).normal(shape)

type Of<Rank extends tf.Rank> = (x: tf.Tensor<Rank>) => tf.Tensor
let filter: tf.Tensor4D
let bias: tf.Tensor1D
let gamma: tf.Tensor1D
let weights: tf.Tensor2D
beforeAll(() => {
  filter = tf.mul(normal(3, 3, 4, 6), 0.1)
  bias = normal(6) as tf.Tensor1D
  gamma = normal(4) as tf.Tensor1D
  weights = normal(4, 5) as tf.Tensor2D
})

/** Functions of points [B,4]. */
const ofPoints: Record<string, Of<tf.Rank.R2>> = {
  arithmetic: x => tf.div(tf.sub(tf.mul(x, 2), tf.neg(x)), tf.add(tf.abs(x), 1)),
  'square, roots, powers': x =>
    tf.add(tf.rsqrt(tf.add(tf.square(x), 1)), tf.sqrt(tf.pow(tf.abs(x), tf.scalar(1.5)))),
  'sines and logarithms': x => tf.add(tf.sin(x), tf.mul(tf.cos(x), tf.log1p(tf.log(tf.add(tf.exp(x), 1))))),
  activations: x => tf.add(tf.sigmoid(x), tf.mul(tf.tanh(x), tf.sub(tf.relu(x), tf.softplus(x)))),
  'elu, erf, sign': x => tf.add(tf.elu(x), tf.mul(tf.erf(x), tf.sign(x))),
  rounding: x => tf.add(tf.round(tf.mul(x, 3)), tf.mul(tf.floor(x), tf.ceil(tf.mul(x, 2)))),
  'the nearer and the farther': x => tf.sub(tf.maximum(x, 0.1), tf.minimum(x, tf.reverse(tf.range(0, 4)))),
  'a clip': x => tf.clipByValue(x, -0.5, 0.5),
  comparisons: x =>
    tf.where(tf.logicalAnd(tf.greater(x, -1), tf.notEqual(x, 0)), x, tf.squaredDifference(x, 2)),
  'flags as numbers': x => tf.cast(tf.logicalOr(tf.lessEqual(x, 0), tf.logicalNot(tf.less(x, 1))), 'float32'),
  'a linear layer': x => tf.add(tf.matMul(x, weights), tf.sum(weights, 0)),
  'products of transposed matrices': x => tf.matMul(tf.expandDims(x, 2), tf.expandDims(x, 2), false, true),
  'a softmax': x => tf.softmax(x),
  'sums, means, extremes': x =>
    tf.add(
      tf.add(tf.sum(x, 1, true), tf.mean(x, 1, true)),
      tf.sub(tf.max(x, 1, true), tf.min(x, [-1], true)),
    ),
  'parts in another order': x =>
    tf.concat([tf.slice(x, [0, 1], [-1, 2]), ...tf.split(x, [3, 1], 1).reverse()], 1),
  'a time beside the points': x =>
    tf.matMul(tf.concat([x, tf.fill([x.shape[0], 1], 0.3)], 1), normal(5, 2) as tf.Tensor2D),
  'a sum of many': x => tf.addN([x, tf.square(x), tf.onesLike(x)]),
  'repeated columns': x => tf.tile(x, [1, 3]),
  'a row for each sample': x => tf.add(tf.tile(tf.reshape(gamma, [1, 4]), [x.shape[0], 1]), tf.zerosLike(x)),
}

/** Functions of images [B,6,6,4]. */
const ofImages: Record<string, Of<tf.Rank.R4>> = {
  'a convolution': x => conv2d(x, filter, bias),
  'a convolution with strides, padding, a skip and a factor': x =>
    conv2d(x, filter, bias, { strides: 2, pad: 1, skip: tf.ones([x.shape[0], 3, 3, 6]), scale: 0.7 }),
  'a valid convolution without a bias': x => conv2d(x, filter, undefined, { pad: 'valid' }),
  'a convolution of each channel': x => tf.depthwiseConv2d(x, normal(3, 3, 4, 2) as tf.Tensor4D, 1, 'same'),
  'a group norm': x => groupNorm(x, gamma, gamma, { groups: 2, epsilon: 1e-6 }),
  'a group norm with an offset, and silu': x =>
    groupNormSilu(x, gamma, gamma, { groups: 2, offset: tf.mean(x, [1, 2]) as tf.Tensor2D }),
  'a group norm that each sample modulates': x => {
    const scale = tf.mean(x, [1, 2]) as tf.Tensor2D
    return groupNorm(x, gamma, gamma, { groups: 4, scale, shift: tf.square(scale) })
  },
  attention: x => attention(tf.reshape(conv2d(x, filter), [x.shape[0], 36, 6])),
  'attention with heads': x => {
    const wide = tf.concat([conv2d(x, filter), conv2d(x, filter, bias)], 3)
    return attention(tf.reshape(wide, [x.shape[0], 36, 12]), { heads: 2 })
  },
  'half the sides': x => resample(x, 'down'),
  'twice the sides': x => resample(x, 'up'),
  'half the sides with a filter': x => resample(x, 'down', [1, 3, 3, 1]),
  'twice the sides with a filter of uneven ends': x => resample(x, 'up', [1, 3, 2, 1]),
  'a part of convolved images': x => tf.slice(conv2d(x, filter), [0, 1, 2, 1], [-1, 3, -1, 4]),
  'padded images': x =>
    tf.pad(
      conv2d(x, filter),
      [
        [0, 0],
        [1, 0],
        [0, 2],
        [0, 0],
      ],
      0.5,
    ),
  'a factor for each channel and sample': x =>
    tf.mul(conv2d(x, filter), tf.mul(bias, tf.mean(x, [1, 2, 3], true))),
  'channels first and last again': x =>
    tf.transpose(tf.relu(tf.transpose(conv2d(x, filter), [0, 3, 1, 2])), [0, 2, 3, 1]),
}

/** onnxruntime must give what tfjs gives, for batches of one and of three. Sines of WebGPU are good only to 2^-11. */
async function expectParity(fn: (x: never) => tf.Tensor, shape: readonly number[]): Promise<void> {
  const body = ({ x }: { x: tf.Tensor }) => ({ y: fn(x as never) })
  const bytes = encodeOnnx(await toOnnx(body, { x: ['B', ...shape] }))
  for (const batch of [1, 3]) {
    const x = normal(batch, ...shape)
    const { y } = await runOnnx(bytes, { x })
    await expectClose(
      y!,
      tf.tidy(() => body({ x }).y),
      { ...f32, atol: tf.getBackend() === 'webgpu' ? 1e-3 : 1e-5 },
    )
  }
}

describe('in onnxruntime and in tfjs, the same', () => {
  it.each(Object.entries(ofPoints))('%s', (_, fn) => expectParity(fn, [4]))
  it.each(Object.entries(ofImages))('%s', (_, fn) => expectParity(fn, [6, 6, 4]))
})

const twice = ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) })

it('computes what depends on no input at once, in float32', async () => {
  const fn = ({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, tf.log(tf.fill([x.shape[0], 4], 1e-30))) })
  const model = await toOnnx(fn, { x: ['B', 4] }, { dtype: 'F16' })
  expect(model.nodes.map(({ op }) => op)).toEqual(['Cast', 'Add', 'Cast'])
  expect(model.tensors.map(({ dtype, shape }) => [dtype, shape])).toEqual([['float16', [1, 4]]])
  const { y } = await runOnnx(encodeOnnx(model), { x: tf.zeros([2, 4]) })
  await expectClose(y!, tf.fill([2, 4], Math.log(1e-30)), { rtol: 1e-3, atol: 0 })
})

it('leaves out what no output needs, and makes the same constants once', async () => {
  const fn = ({ x }: { x: tf.Tensor }) => {
    tf.exp(x)
    const double = () => tf.matMul(x as tf.Tensor2D, tf.square(weights))
    return { y: tf.add(double(), double()) }
  }
  const model = await toOnnx(fn, { x: ['B', 4] })
  expect(model.nodes.map(({ op }) => op)).toEqual(['MatMul', 'MatMul', 'Add', 'Identity'])
  expect(model.tensors).toHaveLength(1)
})

it('leaves the active backend and the memory as they were', async () => {
  const before = tf.getBackend()
  await toOnnx(twice, { x: ['B', 4] })
  expect(tf.getBackend()).toBe(before)
  const { numTensors } = tf.memory()
  await toOnnx(twice, { x: ['B', 4] })
  await toOnnx(({ x }) => ({ y: tf.topk(x).values }), { x: ['B', 4] }).catch(() => {})
  expect(tf.memory().numTensors).toBe(numTensors)
  expect(tf.getBackend()).toBe(before)
})

describe('refuses', () => {
  const points: OnnxShapes = { x: ['B', 4] }
  const message = (fn: unknown, inputs: unknown = points, options: object = {}): Promise<string> =>
    toOnnx(fn as typeof twice, inputs as typeof points & { x: never }, options).then(
      () => 'none',
      error => error.message,
    )

  it.each<[string, unknown]>([
    ['fn must be a function, got 5.', 5],
    [
      'fn must use operations that ONNX graphs can have here, got TopK. They are listed in backends/src/onnx/kernels/index.ts.',
      ({ x }: { x: tf.Tensor }) => ({ y: tf.topk(x).values }),
    ],
    [
      'fn must not read the numbers of tensors, got a call that reads.',
      ({ x }: { x: tf.Tensor }) => ({ y: tf.scalar(x.dataSync()[0]!) }),
    ],
    ['fn must return tensors by name, got a promise.', async () => ({})],
    ['fn(inputs).y must be a tensor, got 3.', () => ({ y: 3 })],
    [
      'fn(inputs).y must have dtype float32, got bool.',
      ({ x }: { x: tf.Tensor }) => ({ y: tf.greater(x, 0) }),
    ],
    ["fn(inputs) must have other names than the inputs, got 'x'.", ({ x }: { x: tf.Tensor }) => ({ x })],
    [
      'fn must repeat a constant once for each sample, got [4,4] for 2 samples.',
      ({ x }: { x: tf.Tensor }) => ({
        y: tf.concat([tf.ones([2 * x.shape[0]!, 4]), tf.reshape(tf.concat([x, x], 1), [-1, 4])], 1),
      }),
    ],
    [
      'fn must treat every sample of a batch alike, got a constant [2,1] whose rows differ.',
      ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, tf.reshape(tf.range(0, x.shape[0]), [-1, 1])) }),
    ],
    [
      'fn must make the same calls for batches of any size, got a tensor [3,4] and then [2,8].',
      ({ x }: { x: tf.Tensor }) => ({ y: x.shape[0] === 3 ? tf.square(x) : tf.concat([x, x], 1) }),
    ],
  ])('%s', async (rule, fn) => expect(await message(fn)).toBe(`backends.toOnnx: ${rule}`))

  it('shapes without a batch, and numbers that float16 has not', async () => {
    expect(await message(twice, {})).toBe('backends.toOnnx: inputs must have at least one shape, got none.')
    expect(await message(twice, { x: [1, 4] })).toBe(
      "backends.toOnnx: inputs.x must be a shape that begins with 'B', got [1,4].",
    )
    expect(
      await message(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 1e5) }), points, { dtype: 'F16' }),
    ).toBe(
      'backends.toOnnx: dtype must be F32, because a constant is too large for float16, got F16 and 100000.',
    )
  })
})
