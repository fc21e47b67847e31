import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '@rectified-flow/backends'
import { type HostTensor, readSafetensors, toFloat32 } from '@rectified-flow/checkpoints'
import { createRng, numpyRng } from '@rectified-flow/core'
import {
  type Backbone,
  backboneShapes,
  type Lpips,
  type LpipsOptions,
  lpips,
  lpipsAveragePooling,
  perceptualDistance,
} from '@rectified-flow/losses-lpips-huber'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32, net as networks, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it } from 'vitest'
import { expectGradientClose } from './golden.js'
import { randomBackbone } from './random-backbone.js'

const file = readSafetensors(readFileSync(join(import.meta.dirname, 'golden/lpips.safetensors')))
const read = (name: string): tf.Tensor => {
  const host = file.tensors.get(name)!
  const tensor = tf.tensor(toFloat32(host), host.shape)
  return host.shape.length === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor
}
const images = (seed: number, shape = [2, 17, 19, 3]) => createRng(seed).uniform(shape, -1, 1) as tf.Tensor4D

const made: Lpips[] = []
const keep = (net: Lpips) => {
  made.push(net)
  return net
}
afterEach(() => {
  for (const net of made.splice(0)) net.dispose()
})

const backbone = randomBackbone('squeezenet1_1', 3)
const small = (options?: LpipsOptions) => keep(lpips({ backbone, heads: 'unlearned' }, options))

/** The reference file's random stream gives, for each backbone, its weights, its heads, and the images a and b. */
function weightsOfFile() {
  const rng = numpyRng(BigInt(file.metadata.seed!))
  const weights = new Map<Backbone, { backbone: Map<string, HostTensor>; heads: Map<string, HostTensor> }>()
  for (const name of ['alexnet', 'squeezenet1_1'] as const) {
    const backbone = randomBackbone(name, rng)
    const heads = new Map<string, HostTensor>()
    for (let i = 0; file.tensors.has(`${name}/lin${i}`); i++) {
      const { data, shape } = file.tensors.get(`${name}/lin${i}`)!
      rng.standardNormal(shape[0]!)
      heads.set(`lin${i}.model.1.weight`, { dtype: 'F32', shape: [1, shape[0]!, 1, 1], data })
    }
    rng.standardNormal(2 * file.tensors.get(`${name}/a`)!.data.length)
    weights.set(name, { backbone, heads })
  }
  return weights
}

describe('lpips', () => {
  const weights = weightsOfFile()

  it('compiles with its gradient where the backend can', async () => {
    const net = small({ size: 'as given' })
    const b = images(2)
    const gradient = compile(tf.grad(a => tf.sum(net.distance(a as tf.Tensor4D, b))))
    for (let seed = 3; seed < 8; seed++) {
      const a = images(seed)
      gradient(a).dispose()
      a.dispose()
    }
    const compiles = tf.getBackend() !== 'cpu'
    expect(gradient.why).toBe(compiles ? undefined : 'cpu compiles nothing')
    gradient.dispose()
    b.dispose()
  })

  it.each(['alexnet', 'squeezenet1_1'] as const)('agrees with PyTorch over %s', async name => {
    const { backbone, heads } = weights.get(name)!
    const of = (key: string) => read(`${name}/${key}`) as tf.Tensor4D
    const { distance, backbone: found } = keep(lpips({ backbone, heads }))
    expect(found).toBe(name)
    const [a, b] = [of('a'), of('b')]
    await expectClose(distance(a, b), of('value'), sum)
    await expectClose(tf.stack(distance.layers(a, b)), of('layers'), sum)
    await expectClose(distance.map(a, b), of('map'), sum)
    const gradient = tf.grad(x => distance(x as tf.Tensor4D, b))(a)
    await expectGradientClose(gradient, of('grad_a'))
    const unlearned = keep(lpips({ backbone, heads: 'unlearned' }))
    await expectClose(unlearned.distance(a, b), of('unlearned'), sum)
  })

  it('gives the same with recompute, and keeps fewer tensors', async () => {
    const [a, b] = [images(1), images(2)]
    const [plain, again] = [small(), small({ recompute: true })]
    const gradient = ({ distance }: Lpips) => tf.grad(x => distance(x as tf.Tensor4D, b))(a)
    await expectClose(gradient(again), gradient(plain), f32)
    const held = ({ features }: Lpips) => {
      let bytes = 0
      tf.grad(x => {
        const start = tf.memory().numBytes
        const y = tf.tidy(() => tf.addN(features(x as tf.Tensor4D).map(map => tf.sum(map))))
        bytes = tf.memory().numBytes - start
        return y
      })(a)
      return bytes
    }
    expect(held(again)).toBeLessThan(0.95 * held(plain))
  })

  it('gives the same where both images go through the network together', async () => {
    for (const recompute of [false, true]) {
      const { features, distance } = small({ recompute, size: 20 })
      const [a, b] = [images(8), images(9)]
      const [maps, others] = features.pair!(a, b)!
      for (const [i, map] of features(a).entries()) await expectClose(maps[i]!, map, networks)
      for (const [i, map] of features(b).entries()) await expectClose(others[i]!, map, networks)
      const apart = perceptualDistance(images => features(images))
      await expectClose(distance(a, b), apart(a, b), networks)
      const gradient = (of: typeof distance) => tf.grad(x => of(x as tf.Tensor4D, b))(a)
      await expectGradientClose(gradient(distance), gradient(apart))
      const toOthers = tf.grad(x => tf.addN(features.pair!(a, x as tf.Tensor4D)![0].map(map => tf.sum(map))))
      expect(() => toOthers(b)).toThrow() // they get no gradient
    }
  })

  it('lets many pixels go through the network alone', () => {
    const { features } = small()
    const [few, many] = [images(1, [2, 128, 128, 3]), images(1, [2, 128, 129, 3])]
    tf.tidy(() => void expect(features.pair!(few, few)).not.toBeNull())
    expect(features.pair!(many, many)).toBeNull()
  })

  it('is 0 with gradient 0 for equal images, flat ones too', async () => {
    const { distance } = small()
    for (const x of [images(3), tf.zeros([2, 17, 19, 3]) as tf.Tensor4D]) {
      await expectClose(distance(tf.clone(x), x), [0, 0], exact)
      await expectClose(tf.grad(y => distance(y as tf.Tensor4D, x))(tf.clone(x)), tf.zeros(x.shape), exact)
    }
  })

  it('gives a sample alone the same as in a batch', async () => {
    const { distance } = small()
    const [a, b] = [images(4), images(5)]
    const batch = distance(a, b)
    for (const i of [0, 1])
      await expectClose(distance(tf.slice(a, i, 1), tf.slice(b, i, 1)), tf.slice(batch, i, 1), sum)
  })

  it('resizes first, as bilinear interpolation with half-pixel centres does', async () => {
    const [a, b] = [images(6, [1, 12, 12, 3]), images(7, [1, 12, 12, 3])]
    const resized = (x: tf.Tensor4D) => tf.image.resizeBilinear(x, [17, 17], false, true)
    await expectClose(small({ size: 17 }).distance(a, b), small().distance(resized(a), resized(b)), sum)
    // Resizing is linear, so <gradient, d> is <gradient at the resized images, resized d> for any d.
    const gradient = (net: Lpips, x: tf.Tensor4D, y: tf.Tensor4D) =>
      tf.grad(z => net.distance(z as tf.Tensor4D, y))(x)
    const d = images(8, [1, 12, 12, 3])
    const outside = tf.mul(gradient(small(), resized(a), resized(b)), resized(d))
    await expectClose(tf.sum(tf.mul(gradient(small({ size: 17 }), a, b), d)), tf.sum(outside), {
      ...networks,
      atol: 1e-6,
    })
  })

  it('leaves nothing behind', async () => {
    const [a, b] = [images(9, [1, 17, 17, 3]), images(10, [1, 17, 17, 3])]
    await expectNoLeak(() => {
      for (const recompute of [false, true]) {
        const net = lpips({ backbone, heads: 'unlearned' }, { recompute })
        tf.dispose([net.distance(a, b), net.distance.map(a, b), net.distance.layers(a, b)])
        tf.grad(x => net.distance(x as tf.Tensor4D, b))(a).dispose()
        net.dispose()
        net.dispose()
      }
    })
  })

  it('says what is wrong, and leaks nothing then', async () => {
    const where = 'losses-lpips-huber.lpips'
    const cut = new Map(backbone)
    cut.delete('features.12.squeeze.bias')
    await expectNoLeak(() => {
      expect(() => lpips({ backbone: cut, heads: 'unlearned' })).toThrow(
        new RangeError(`${where}: the weights' features.12.squeeze.bias must have shape [64], got none.`),
      )
    })
    expect(() => lpips({ backbone, heads: new Map() })).toThrow(
      new RangeError(`${where}: the weights' lin0.model.1.weight must have shape [1,64,1,1], got none.`),
    )
    expect(() => lpips({ backbone: new Map(), heads: 'unlearned' })).toThrow(
      new RangeError(
        `${where}: backbone must have the tensors of torchvision's vgg16, alexnet or squeezenet1_1, got [].`,
      ),
    )
    expect(() => small({ size: 0 })).toThrow(new RangeError(`${where}: size must be an integer >= 1, got 0.`))
    expect(() => small().features(images(1, [1, 8, 8, 1]))).toThrow(
      new RangeError(`${where}: images must have shape [B,H,W,3], got [1,8,8,1].`),
    )
    expect(() => lpipsAveragePooling({ backbone, heads: 'unlearned' })).toThrow(
      new RangeError('losses-lpips-huber.lpipsAveragePooling: backbone must be vgg16, got squeezenet1_1.'),
    )
  })
})

describe('backboneShapes', () => {
  it('has the sizes of the published networks', () => {
    const size = (name: Backbone) =>
      [...backboneShapes(name).values()].reduce((total, shape) => total + shape.reduce((a, b) => a * b, 1), 0)
    // Parameters of torchvision's `features`.
    expect(size('vgg16')).toBe(14_714_688)
    expect(size('alexnet')).toBe(2_469_696)
    expect(size('squeezenet1_1')).toBe(722_496)
  })
})
