// One gradient of lpipsAveragePooling at [8,64,64,3], compared with the formula composed of tfjs ops with both branches on
// the tape: the time, and the peak of all tensors' bytes without weights and images. After `pnpm build`:
//   node --import tsx packages/losses-lpips-huber/bench/lpips.bench.ts [backend]
import os from 'node:os'
import { performance } from 'node:perf_hooks'
import { useBackend } from '@rectified-flow/backends'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { backboneShapes, lpipsAveragePooling } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'

const { name } = await useBackend((process.argv[2] ?? 'wasm') as 'wasm')
const rng = createRng(1)
const backbone = new Map<string, HostTensor>()
for (const [key, shape] of backboneShapes('vgg16')) {
  const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
  const data = rng
    .fork(key)
    .normals(shape[0]! * inputs)
    .map(z => z * Math.sqrt(2 / inputs))
  backbone.set(key, { dtype: 'F32', shape, data })
}
const [a, b] = [2, 3].map(seed => createRng(seed).uniform([8, 64, 64, 3], -1, 1)) as [
  tf.Tensor4D,
  tf.Tensor4D,
]

/** VGG16 and the distance, as a direct port of the PyTorch code would write them. */
const convolutions = [...backbone].filter(([key]) => key.endsWith('weight'))
const layers = convolutions.map(([key, { data, shape }]) => {
  const size = shape as [number, number, number, number]
  const filter = tf.tidy(() => tf.transpose(tf.tensor4d(data as Float32Array, size), [2, 3, 1, 0]))
  const bias = tf.tensor1d(backbone.get(key.replace('weight', 'bias'))!.data as Float32Array)
  return { filter, bias }
})
const tapped = new Set([1, 3, 6, 9, 12])
function features(images: tf.Tensor4D): tf.Tensor4D[] {
  const maps: tf.Tensor4D[] = []
  let x: tf.Tensor4D = tf.div(tf.sub(images, [-0.03, -0.088, -0.188]), [0.458, 0.448, 0.45])
  for (const [i, { filter, bias }] of layers.entries()) {
    if (tapped.has(i - 1)) x = tf.avgPool(x, 2, 2, 'valid')
    x = tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(x, filter, 1, 'same'), bias))
    if (tapped.has(i)) maps.push(x)
  }
  return maps
}
function naive(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor {
  const unit = (f: tf.Tensor4D) => tf.div(f, tf.add(tf.sqrt(tf.sum(tf.square(f), 3, true)), 1e-10))
  const targets = features(y)
  const terms = features(x).map((map, i) => tf.square(tf.sub(unit(map), unit(targets[i]!))))
  return tf.addN(terms.map(term => tf.mean(tf.sum(term, 3), [1, 2])))
}

const weights = { backbone, heads: 'unlearned' } as const
const ours = lpipsAveragePooling(weights, { size: 'as given' })
const again = lpipsAveragePooling(weights, { size: 'as given', recompute: true })
const gradient = (d: typeof naive) => () => tf.grad(x => tf.mean(d(x as tf.Tensor4D, b)))(a)
const last = (images: tf.Tensor4D) => tf.tidy(() => tf.sum(ours.features(images).at(-1)!))
const bodies: Record<string, () => tf.Tensor> = {
  'gradient, composed': gradient(naive),
  'gradient, ours': gradient(ours.distance),
  'gradient, ours, recompute': gradient(again.distance),
  'features, 8 and 8': () => tf.tidy(() => tf.add(last(a), last(b))),
  'features, 16 at once': () => tf.tidy(() => last(tf.concat([a, b]))),
}

const engine = tf.engine()
const { state } = engine as unknown as { state: { numBytes: number } }
const track = engine.trackTensor.bind(engine)
let peak = 0
engine.trackTensor = (...args) => {
  track(...args)
  peak = Math.max(peak, state.numBytes)
}

const rounds = Number(process.argv[3] ?? 3)
const times = new Map(Object.keys(bodies).map(key => [key, { least: Infinity, megabytes: 0 }]))
for (let round = -1; round < rounds; round++) {
  for (const [key, body] of Object.entries(bodies)) {
    const before = state.numBytes
    peak = 0
    const start = performance.now()
    const result = body()
    await result.data()
    const took = performance.now() - start
    result.dispose()
    const entry = times.get(key)!
    if (round >= 0) entry.least = Math.min(entry.least, took)
    entry.megabytes = (peak - before) / 1e6
  }
}
console.log(`${os.cpus()[0]?.model}, ${name}, Node ${process.version}, tfjs ${tf.version_core}, [8,64,64,3]`)
for (const [key, { least, megabytes }] of times)
  console.log(`${key.padEnd(28)} ${least.toFixed(0).padStart(6)} ms ${megabytes.toFixed(0).padStart(6)} MB`)
