import { compile } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { backboneShapes, lpips, lpipsAveragePooling } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import type { Case, Inputs, Work } from '../case.js'
import { float32, inputsUnder, normals, tensorOf } from '../host-tensors.js'

type Distance = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor

/** Gradients of LPIPS over VGG16 (random weights) in the first image; the second is a constant. */
export function lpipsCases(quick: boolean): Case[] {
  const shape = quick ? [1, 16, 16, 3] : [2, 64, 64, 3]
  const size = `VGG16, [${shape}]`
  return [
    {
      name: 'LPIPS gradient',
      size: `${size}, average pooling`,
      inputs: () => inputsOf(shape),
      open: inputs => packagesWork(lpipsAveragePooling, inputs),
      openStock(inputs) {
        const layers = composedLayers(inputsUnder(inputs, 'vgg.'))
        return gradientWork(inputs, composedDistance(layers), () => tf.dispose(layers))
      },
    },
    {
      name: 'LPIPS gradient, maximum pooling',
      size,
      inputs: () => inputsOf(shape),
      open: inputs => packagesWork(lpips, inputs),
      openStock: null,
    },
  ]
}

function packagesWork(make: typeof lpips, inputs: Inputs): Work {
  const weights = { backbone: inputsUnder(inputs, 'vgg.'), heads: 'unlearned' } as const
  const net = make(weights, { size: 'as given' })
  return gradientWork(inputs, net.distance, () => net.dispose())
}

function gradientWork(inputs: Inputs, distance: Distance, close: () => void): Work {
  const [a, b] = [tensorOf<tf.Tensor4D>(inputs, 'a'), tensorOf<tf.Tensor4D>(inputs, 'b')]
  const gradient = compile(tf.grad(x => tf.sum(distance(x as tf.Tensor4D, b))))
  return {
    run: () => [gradient(a)],
    outputs: async () => [tf.tidy(() => distance(a, b)), gradient(a)],
    close() {
      tf.dispose([a, b])
      gradient.dispose()
      close()
    },
  }
}

function inputsOf(shape: readonly number[]): Inputs {
  const rng = createRng(6)
  const images = (name: string) => {
    const size = shape.reduce((product, axis) => product * axis, 1)
    return float32(
      shape,
      rng
        .fork(name)
        .uniforms(size)
        .map(u => 2 * u - 1),
    )
  }
  const inputs: Inputs = new Map([
    ['a', images('a')],
    ['b', images('b')],
  ])
  for (const [name, shape] of backboneShapes('vgg16')) {
    const fanIn = shape.slice(1).reduce((product, axis) => product * axis, 1)
    const deviation = shape.length < 2 ? 0.1 : Math.sqrt(2 / fanIn)
    inputs.set(`vgg.${name}`, normals(rng.fork(name), shape, deviation))
  }
  return inputs
}

interface ConvolutionLayer extends tf.TensorContainerObject {
  filter: tf.Tensor4D
  bias: tf.Tensor1D
}

/** The convolutions whose outputs LPIPS compares; after each the network pools. */
const TAPPED = new Set([1, 3, 6, 9, 12])

function composedLayers(vgg: Inputs): ConvolutionLayer[] {
  return [...vgg.keys()]
    .filter(name => name.endsWith('weight'))
    .sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))
    .map(name => ({
      filter: tf.tidy(() => tf.transpose(tensorOf<tf.Tensor4D>(vgg, name), [2, 3, 1, 0])),
      bias: tensorOf<tf.Tensor1D>(vgg, name.replace('weight', 'bias')),
    }))
}

/** The distance as a port to plain tfjs would write it: only tfjs operations and tfjs's tape. */
function composedDistance(layers: readonly ConvolutionLayer[]): Distance {
  const features = (images: tf.Tensor4D) => {
    const maps: tf.Tensor4D[] = []
    let x: tf.Tensor4D = tf.div(tf.sub(images, [-0.03, -0.088, -0.188]), [0.458, 0.448, 0.45])
    for (const [i, { filter, bias }] of layers.entries()) {
      if (TAPPED.has(i - 1)) x = tf.avgPool(x, 2, 2, 'valid')
      x = tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(x, filter, 1, 'same'), bias))
      if (TAPPED.has(i)) maps.push(x)
    }
    return maps
  }
  const unit = (f: tf.Tensor4D) => tf.div(f, tf.add(tf.sqrt(tf.sum(tf.square(f), 3, true)), 1e-10))
  return (a, b) => {
    const targets = features(b)
    const terms = features(a).map((map, i) => tf.square(tf.sub(unit(map), unit(targets[i]!))))
    return tf.addN(terms.map(term => tf.mean(tf.sum(term, 3), [1, 2])))
  }
}
