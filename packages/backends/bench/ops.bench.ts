// Times the kernels for wasm. Each alternates in one run with the same operation on tfjs's stock kernels.
// After `pnpm build`:
//   node --import tsx packages/backends/bench/ops.bench.ts
import os from 'node:os'
import { performance } from 'node:perf_hooks'
import {
  type AdamSlot,
  adamEma,
  attention,
  conv2d,
  dropout,
  groupNormSilu,
  resample,
  useBackend,
} from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { profileKernels } from './profile-kernels.js'

const stock = tf.getKernelsForBackend('wasm')
const { device } = await useBackend('wasm')
const ours = tf.getKernelsForBackend('wasm')

function install(kernels: tf.KernelConfig[]): void {
  for (const { kernelName } of tf.getKernelsForBackend('wasm')) tf.unregisterKernel(kernelName, 'wasm')
  for (const kernel of kernels) tf.registerKernel(kernel)
}

const rng = createRng(1)
const normal = <T extends tf.Tensor>(...shape: number[]) => rng.normal(shape) as T
const x = normal<tf.Tensor4D>(64, 28, 28, 16)
const filter = normal<tf.Tensor4D>(3, 3, 16, 16)
const bias = normal<tf.Tensor1D>(16)
const scale = normal<tf.Tensor2D>(64, 16)
const q = normal<tf.Tensor3D>(64, 196, 32)
const left = normal<tf.Tensor3D>(64, 196, 32)
const qkv = normal<tf.Tensor3D>(64, 196, 96)
const variable = () => tf.tidy(() => tf.variable(normal(3, 3, 32, 32)))
const slots: AdamSlot[] = Array.from({ length: 100 }, () => ({
  weight: variable(),
  m: variable(),
  v: tf.tidy(() => tf.variable(tf.square(normal(3, 3, 32, 32)))),
  ema: variable(),
}))
const gradient = normal(3, 3, 32, 32)
const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' }
const kernel = (name: string, inputs: tf.NamedTensorMap, more: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, { ...attrs, ...more } as unknown as tf.NamedAttrMap)

/** The filter's gradient as a convolution of transposed tensors, which stock kernels can compute. */
function filterGradientByConvolution(): tf.Tensor {
  return tf.tidy(() => {
    const y = tf.conv2d(
      tf.transpose(x, [3, 1, 2, 0]) as tf.Tensor4D,
      tf.transpose(x, [1, 2, 0, 3]) as tf.Tensor4D,
      1,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
    )
    return tf.transpose(y, [1, 2, 0, 3])
  })
}

const norm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor4D =>
  groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
    groups: 4,
    scale,
    shift: scale,
  })
const drop = (x: tf.Tensor) => dropout(x, 0.13, rng)
const attend = (qkv: tf.Tensor) => attention(qkv as tf.Tensor3D)
const cases: { name: string; body: () => tf.TensorContainer; stock?: () => tf.TensorContainer }[] = [
  { name: 'conv2d with bias', body: () => conv2d(x, filter, bias) },
  {
    name: 'conv2d input gradient',
    body: () => kernel('Conv2DBackpropInput', { dy: x, filter }, { inputShape: x.shape }),
  },
  {
    name: 'conv2d filter gradient',
    body: () => kernel('Conv2DBackpropFilter', { x, dy: x }, { filterShape: filter.shape }),
    stock: filterGradientByConvolution,
  },
  { name: 'groupNormSilu', body: () => norm(x, bias, bias) },
  { name: 'groupNormSilu with gradients', body: () => tf.grads(norm)([x, bias, bias]) },
  { name: 'attention with gradient', body: () => tf.grad(attend)(qkv) },
  { name: 'matMul a b^T, batched', body: () => tf.matMul(q, left, false, true) },
  { name: 'matMul a^T b, batched', body: () => tf.matMul(q, left, true, false) },
  { name: 'dropout with gradient', body: () => tf.grad(drop)(x) },
  { name: 'resample down', body: () => resample(x, 'down') },
  { name: 'resample up', body: () => resample(x, 'up') },
  { name: 'concat channels', body: () => tf.concat([x, x], 3) },
  { name: 'split channels', body: () => tf.split(x, 2, 3) },
  { name: 'sum to channels', body: () => tf.sum(x, [0, 1, 2]) },
  {
    name: 'adamEma, 100 of 9,216',
    body: () => {
      adamEma(
        slots,
        slots.map(() => gradient),
        { step: 1, learningRate: 1e-3 },
      )
      return []
    },
  },
]

function time(body: () => tf.TensorContainer): number {
  const start = performance.now()
  const outputs = body()
  const ms = performance.now() - start
  tf.dispose(outputs)
  return ms
}

console.log(`${os.cpus()[0]?.model}, Node ${process.version}, tfjs ${tf.version_core}, wasm, ${device}`)
console.log('x [64,28,28,16]; milliseconds, the least of 7 (and the mean)\n')
for (const { name, body, stock: reference = body } of cases) {
  const runs: [number[], number[]] = [[], []]
  for (let i = 0; i < 8; i++) {
    install(stock)
    const before = time(reference)
    install(ours)
    const after = time(body)
    if (i === 0) continue // the first run compiles
    runs[0].push(before)
    runs[1].push(after)
  }
  const [[least, mean], [ourLeast, ourMean]] = runs.map(ms => [
    Math.min(...ms),
    ms.reduce((a, b) => a + b) / ms.length,
  ]) as [[number, number], [number, number]]
  const cell = (a: number, b: number) => `${a.toFixed(2)} (${b.toFixed(2)})`.padStart(18)
  console.log(
    `${name.padEnd(30)}${cell(least, mean)} ->${cell(ourLeast, ourMean)}  ${(least / ourLeast).toFixed(1)}x`,
  )
}

const block = (weight: tf.Tensor, gamma: tf.Tensor) => {
  const w = weight as tf.Tensor4D
  const h = norm(conv2d(x, w, bias), gamma, bias)
  const half = tf.split(tf.concat([h, x], 3), 2, 3)[0] as tf.Tensor4D
  return tf.mul(tf.add(conv2d(half, w, bias), x), Math.SQRT1_2)
}
console.log('\nA block and its gradients, by kernel:')
for (const { kernel, calls, ms } of profileKernels(() => tf.dispose(tf.grads(block)([filter, bias]))))
  console.log(`${kernel.padEnd(24)}${String(calls).padStart(4)}${ms.toFixed(2).padStart(9)} ms`)
