// How much time the written-out layer gradient and computing the target's features without tape save. After `pnpm build`:
//   node --import tsx packages/losses-lpips-huber/bench/perceptual-distance.bench.ts [backend]
import os from 'node:os'
import { performance } from 'node:perf_hooks'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { createSmallVgg, type FeaturePyramid, perceptualDistance } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'

const { name } = await useBackend((process.argv[2] ?? 'wasm') as 'wasm')
const net = createSmallVgg({ rng: createRng(1) }).freeze()
const [a, b] = [2, 3].map(seed => createRng(seed).normal([64, 28, 28, 1])) as [tf.Tensor4D, tf.Tensor4D]

/** The formula as a direct port of the PyTorch code would write it: composed ops, both branches on the tape. */
function composed(features: FeaturePyramid) {
  const unit = (f: tf.Tensor4D) => tf.div(f, tf.add(tf.sqrt(tf.sum(tf.square(f), 3, true)), 1e-10))
  return (x: tf.Tensor4D, y: tf.Tensor4D) => {
    const targets = features(y)
    return tf.addN(
      features(x).map((map, i) =>
        tf.mean(tf.sum(tf.square(tf.sub(unit(map), unit(targets[i]!))), 3), [1, 2]),
      ),
    )
  }
}

const distance = perceptualDistance(net.features)
const naive = composed(net.features)
// As a trainer calls it: the prediction depends on the variables, the target does not.
const gradient = (d: typeof naive) => () => tf.grad(x => tf.mean(d(x as tf.Tensor4D, b)))(a)
const bodies: Record<string, () => tf.Tensor> = {
  'features of one batch': () => tf.tidy(() => net.features(a).at(-1)!),
  'gradient, composed': gradient(naive),
  'gradient, ours': gradient(distance),
  // The tape leaves out what doesn't depend on x. Here the target depends on x too, so both branches are on the tape.
  'gradient, composed, target from x': () =>
    tf.grad(x => tf.mean(naive(x as tf.Tensor4D, tf.mul(x, 0.5) as tf.Tensor4D)))(a),
  'gradient, ours, target from x': () =>
    tf.grad(x => tf.mean(distance(x as tf.Tensor4D, tf.mul(x, 0.5) as tf.Tensor4D)))(a),
}

const times = new Map(Object.keys(bodies).map(key => [key, [] as number[]]))
for (let round = -1; round < 6; round++) {
  for (const [key, body] of Object.entries(bodies)) {
    const start = performance.now()
    const result = body()
    await result.data()
    result.dispose()
    if (round >= 0) times.get(key)!.push(performance.now() - start)
  }
}
console.log(`${os.cpus()[0]?.model}, ${name}, Node ${process.version}, tfjs ${tf.version_core}, [64,28,28,1]`)
for (const [key, list] of times) {
  const mean = list.reduce((x, y) => x + y, 0) / list.length
  console.log(`${key.padEnd(36)} min ${Math.min(...list).toFixed(0)} ms, mean ${mean.toFixed(0)} ms`)
}
