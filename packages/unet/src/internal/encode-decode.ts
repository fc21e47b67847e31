import { conv2d, groupNormSilu, resample } from '@rectified-flow/backends'
import { recompute, type Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { TrainingOptions } from '../network.js'
import { type BlockOptions, finder, residualBlock } from './block.js'
import { type BlockLayer, groupsOf, type Layer, type PlainLayer } from './layers.js'

/** Everything that one pass through a network uses. */
export interface Pass {
  layers: readonly Layer[]
  weights: Weights
  block: BlockOptions
  /** What the embedding adds to each block, by the block's name. */
  modulations: ReadonlyMap<string, tf.Tensor2D>
  training: TrainingOptions | undefined
}

/** The way down. Returns the activations that the way up reads, the deepest last. */
export function encode(pass: Pass, x: tf.Tensor4D): tf.Tensor4D[] {
  const { resampleFilter, skipScale } = pass.block
  const block = blockOf(pass)
  const skips: tf.Tensor4D[] = []
  let aux = x
  for (const layer of pass.layers) {
    if (layer.side !== 'enc') continue
    const top = skips.at(-1) as tf.Tensor4D
    if (layer.kind === 'conv') skips.push(conv(pass, layer.name, x))
    else if (layer.kind === 'block') skips.push(block(layer, [top]))
    else if (layer.kind === 'auxDown') aux = resample(aux, 'down', resampleFilter)
    else {
      const sum = tf.tidy(() =>
        layer.kind === 'auxSkip'
          ? tf.add(top, conv(pass, layer.name, aux))
          : tf.mul(tf.add(top, residual(pass, layer, aux)), skipScale),
      ) as tf.Tensor4D
      if (layer.kind === 'auxResidual') aux = sum
      skips[skips.length - 1] = sum
      top.dispose()
    }
  }
  return skips
}

export function decode(pass: Pass, skips: tf.Tensor4D[]): tf.Tensor4D {
  const block = blockOf(pass)
  let x = skips.at(-1) as tf.Tensor4D
  let image: tf.Tensor4D | null = null
  for (const layer of pass.layers) {
    if (layer.side !== 'dec') continue
    if (layer.kind === 'block') {
      const before = x
      const skip = before.shape[3] === layer.in ? null : skips.pop()!
      x = block(layer, skip ? [before, skip] : [before])
      // Keep only activations that a later block reads: the deepest one is both the first input and the first skip.
      if (skip) skip.dispose()
      if (before !== skips.at(-1)) before.dispose()
    } else if (layer.kind === 'auxUp') image = resample(image!, 'up', pass.block.resampleFilter)
    else {
      const below: tf.Tensor4D | null = image
      image = tf.tidy(() => {
        const y = out(pass, layer.name, x)
        return below ? tf.add(below, y) : y
      }) as tf.Tensor4D
    }
  }
  return image!
}

/** A function that runs a block on its inputs, concatenated along C. */
function blockOf({ weights, block, modulations, training }: Pass) {
  return (layer: BlockLayer, inputs: tf.Tensor4D[]): tf.Tensor4D => {
    const modulation = modulations.get(layer.name)!
    const run = (find: ReadonlyMap<string, tf.Tensor>, given: tf.Tensor2D, parts: tf.Tensor4D[]) => {
      const x = parts.length === 1 ? parts[0]! : tf.concat(parts, 3)
      // A fork's numbers depend only on its name, so a block that runs again drops the same activations.
      const rng = training?.rng?.fork(layer.name)
      return residualBlock(layer, finder(find, layer.name), x, given, block, rng)
    }
    const y = tf.tidy(() => {
      if (!training?.recompute) return run(weights, modulation, inputs)
      const names = [...weights.keys()].filter(
        name => name.startsWith(`${layer.name}.`) && !name.startsWith(`${layer.name}.affine.`),
      )
      const own = names.map(name => weights.get(name) as tf.Tensor)
      return recompute(
        ([given, ...rest]) =>
          run(
            new Map(names.map((name, i) => [name, rest[i]!])),
            given as tf.Tensor2D,
            rest.slice(names.length) as tf.Tensor4D[],
          ),
        [modulation, ...own, ...inputs],
      )
    })
    modulation.dispose()
    return y
  }
}

function conv({ weights }: Pass, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const find = finder(weights, name)
  return conv2d(x, find<tf.Tensor4D>('.weight'), find<tf.Tensor1D>('.bias'))
}

/** The image's own way down in NCSN++: a 3x3 convolution of the zero-padded plane, then the filter, then the bias. */
function residual({ weights, block }: Pass, { name }: PlainLayer, aux: tf.Tensor4D): tf.Tensor4D {
  const find = finder(weights, name)
  const [b, height, width] = aux.shape
  // Beyond the edges the filter must read the convolution's values, but `resample` reads zeros there. So make a wider plane
  // and cut it.
  const margin = (block.resampleFilter.length - 2) / 2
  const plane = conv2d(aux, find<tf.Tensor4D>('.weight'), undefined, { pad: 1 + 2 * margin })
  const wide = resample(plane, 'down', block.resampleFilter)
  const inner = tf.slice(wide, [0, margin, margin, 0], [b, height / 2, width / 2, -1])
  return tf.add(inner, find<tf.Tensor1D>('.bias'))
}

function out(pass: Pass, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const find = finder(pass.weights, name)
  const y = groupNormSilu(x, find<tf.Tensor1D>('_norm.weight'), find<tf.Tensor1D>('_norm.bias'), {
    groups: groupsOf(x.shape[3]),
    epsilon: pass.block.epsilon,
  })
  return conv(pass, `${name}_conv`, y)
}
