import type { HostTensor } from '@rectified-flow/checkpoints'
import { createRng, type Rng } from '@rectified-flow/core'
import { FidInception } from '@rectified-flow/eval-fid'
import { type Backbone, backboneShapes, lpips, lpipsAveragePooling } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import inceptionShapes from '../golden/inception/state-dict-shapes.json' with { type: 'json' }
import type { Case } from './cases.js'

/** Random weights of the shapes of the published ones; drawn once for all backends, because VGG16 has 15 million. */
function randomWeights(
  shapes: Iterable<[string, number[]]>,
  value: (name: string, shape: number[], rng: Rng) => Float32Array,
): () => Map<string, HostTensor> {
  const draw = () => {
    const rng = createRng(6)
    return new Map(
      Array.from(shapes, ([name, shape]) => [
        name,
        { dtype: 'F32' as const, shape, data: value(name, shape, rng.fork(name)) },
      ]),
    )
  }
  let drawn: Map<string, HostTensor> | undefined
  return () => {
    drawn ??= draw()
    return drawn
  }
}

const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1)

/** Normal numbers whose standard deviation keeps the activations of a ReLU network as large as its input. */
const kaiming = (shape: number[], rng: Rng) => {
  const deviation = Math.sqrt(2 / size(shape.slice(1)))
  return rng.normals(size(shape)).map(value => value * deviation)
}

const pair = (side: number) =>
  [1, 2].map(seed => tf.tanh(createRng(seed).normal([1, side, side, 3])) as tf.Tensor4D)

const perceptual = (name: string, backbone: Backbone, create: typeof lpips, side: number): Case => {
  const weights = randomWeights(backboneShapes(backbone), (name, shape, rng) =>
    name.endsWith('bias') ? new Float32Array(size(shape)) : kaiming(shape, rng),
  )
  return {
    group: 'losses',
    name: `${name}, and its gradient`,
    tolerance: 1e-3,
    compute: () =>
      tf.tidy(() => {
        const net = create({ backbone: weights(), heads: 'unlearned' }, { size: side })
        const [a, b] = pair(side) as [tf.Tensor4D, tf.Tensor4D]
        const distance = (x: tf.Tensor) => net.distance(x as tf.Tensor4D, b)
        const results = [distance(a), tf.grad(x => tf.sum(distance(x)))(a)]
        net.dispose()
        return results
      }),
  }
}

const inceptionWeights = randomWeights(
  Object.entries(inceptionShapes as Record<string, number[]>).filter(
    ([name]) => !name.endsWith('num_batches_tracked'),
  ),
  (name, shape, rng) => {
    if (/bn\.weight$|running_var$/.test(name)) return new Float32Array(size(shape)).fill(1)
    return /^Conv2d.*conv\.weight$/.test(name) ? kaiming(shape, rng) : new Float32Array(size(shape))
  },
)

/** Only the first blocks are run; the weights after them are zeros. */
const inception: Case = {
  group: 'features',
  name: 'FID Inception: resize and first blocks',
  tolerance: 1e-4,
  compute: () =>
    tf.tidy(() => {
      const net = new FidInception(inceptionWeights())
      const { block64, block192 } = net.measure(pair(8)[0]!, ['block64', 'block192'])
      net.dispose()
      return [block64, block192]
    }),
}

export const publishedNetworks: readonly Case[] = [
  perceptual('LPIPS, AlexNet with maximum pooling', 'alexnet', lpips, 32),
  perceptual('LPIPS, VGG16 with average pooling', 'vgg16', lpipsAveragePooling, 16),
  inception,
]
