import { conv2d } from '@rectified-flow/backends'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { checkOneOf, checkOptions, checkTensor, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Extractor, NetworkDescription } from '../extractor.js'
import { toNetworkInput } from '../resize/network-input.js'
import { type ResizeMode, resizeModes } from '../resize/resize-weights.js'
import { grid8, grid17, grid35, to8, to17 } from './blocks.js'
import { type InceptionWeights, inceptionWeights } from './inception-weights.js'

/**
 * The outputs that the network can give, in the order in which it computes them:
 *
 *   block64, block192, block768   means over space of the first blocks, pytorch-fid's smaller features
 *   spatial      [N,2023]  the first 7 channels of the 17 x 17 mixed_6/conv, which OpenAI's evaluator uses for sFID
 *   features     [N,2048]  pool_3, for FID, KID, precision and recall
 *   logits       [N,1008]  without the bias, which OpenAI's evaluator and torch-fidelity use for the inception score
 *   biasedLogits [N,1008]
 */
export type InceptionOutput = (typeof inceptionOutputs)[number]

const inceptionOutputs = [
  'block64',
  'block192',
  'spatial',
  'block768',
  'features',
  'logits',
  'biasedLogits',
] as const

/** The side of the images that the network takes. */
const SIDE = 299

/** Pixels v are scaled to (v - 128) / 128; by pytorch-fid to v / 127.5 - 1. */
const centreOf = (resize: ResizeMode): number => (resize === 'legacy_pytorch' ? 127.5 : 128)

export interface FidInceptionOptions {
  /** How images are resized to 299 x 299: as in clean-fid, TensorFlow 1 (EDM, OpenAI, torch-fidelity) or pytorch-fid. */
  resize?: ResizeMode
  /** SHA-256 of the weights' file, for the record of a result. */
  weightsSha256?: string
}

const fidInceptionNames: OptionNames<FidInceptionOptions> = {
  resize: 'optional',
  weightsSha256: 'optional',
}

/**
 * The Inception v3 of 2015-12-05 that FID is defined by: average pooling counts no padding, the last block pools by
 * maximum, and there are 1008 classes.
 *
 * @see Szegedy et al., Rethinking the Inception Architecture, arXiv 1512.00567; Heusel et al., arXiv 1706.08500
 */
export class FidInception implements Extractor<InceptionOutput> {
  readonly dim = 2048
  readonly outputs = inceptionOutputs
  readonly description: NetworkDescription
  readonly #weights: InceptionWeights
  readonly #resize: ResizeMode

  /** @param tensors  the weights, with the names of pytorch-fid's file; not kept */
  constructor(tensors: ReadonlyMap<string, HostTensor>, options: FidInceptionOptions = {}) {
    checkOptions('eval-fid.FidInception', options, fidInceptionNames)
    const { resize = 'clean', weightsSha256 } = options
    checkOneOf('eval-fid.FidInception', 'resize', resize, resizeModes)
    this.#weights = inceptionWeights('eval-fid.FidInception', tensors)
    this.#resize = resize
    const centre = centreOf(resize)
    this.description = {
      network: 'FID Inception (2015-12-05)',
      ...(weightsSha256 && { weightsSha256 }),
      resize,
      inputSize: SIDE,
      normalisation: { mean: [centre, centre, centre], deviation: [centre, centre, centre] },
    }
  }

  /** pool_3 [N,2048] of images [N,H,W,3] (or grey [N,H,W,1]) in [-1,1]. */
  extract(images: tf.Tensor4D): tf.Tensor2D {
    return this.measure(images, ['features']).features
  }

  /** Each of these outputs. Layers after the last of them are not run. */
  measure<Name extends InceptionOutput>(
    images: tf.Tensor4D,
    outputs: readonly Name[],
  ): Record<Name, tf.Tensor2D> {
    const where = 'eval-fid.FidInception.measure'
    checkTensor(where, 'images', images, ['N', 'H', 'W', images.shape?.[3] === 1 ? 1 : 3])
    for (const [i, name] of outputs.entries()) checkOneOf(where, `outputs[${i}]`, name, inceptionOutputs)
    return tf.tidy(() => {
      const found: Partial<Record<InceptionOutput, tf.Tensor2D>> = {}
      const missing = () => outputs.some(name => !(name in found))
      for (const [name, value] of this.#run(this.#input(images))) {
        if (outputs.includes(name as Name)) found[name] = value()
        if (!missing()) break
      }
      return found as Record<Name, tf.Tensor2D>
    })
  }

  dispose(): void {
    const { convolutions, classes, classBias } = this.#weights
    for (const { filter, bias } of convolutions.values()) tf.dispose([filter, bias])
    tf.dispose([classes, classBias])
  }

  /** [N,299,299,3], prepared as by the tool that the resize mode is named after. */
  #input(images: tf.Tensor4D): tf.Tensor4D {
    const centre = centreOf(this.#resize)
    return tf.div(tf.sub(toNetworkInput(images, SIDE, this.#resize), centre), centre)
  }

  *#run(x: tf.Tensor4D): Generator<[InceptionOutput, () => tf.Tensor2D]> {
    const convolve = (name: string, y: tf.Tensor4D, strides: 1 | 2 = 1): tf.Tensor4D =>
      this.#convolve(name, y, { strides })
    const mean = (y: tf.Tensor4D) => () => tf.mean(y, [1, 2]) as tf.Tensor2D
    let h = this.#convolve('Conv2d_1a_3x3', x, { strides: 2 })
    h = convolve('Conv2d_2b_3x3', this.#convolve('Conv2d_2a_3x3', h, { pad: 'valid' }))
    h = tf.maxPool(h, 3, 2, 'valid')
    yield ['block64', mean(h)]
    h = this.#convolve('Conv2d_4a_3x3', convolve('Conv2d_3b_1x1', h), { pad: 'valid' })
    h = tf.maxPool(h, 3, 2, 'valid')
    yield ['block192', mean(h)]
    for (const block of ['Mixed_5b', 'Mixed_5c', 'Mixed_5d']) h = grid35(block, h, convolve)
    h = to17('Mixed_6a', h, convolve)
    for (const block of ['Mixed_6b', 'Mixed_6c', 'Mixed_6d', 'Mixed_6e']) {
      if (block === 'Mixed_6d') {
        const before = h
        yield ['spatial', () => spatial(convolve('Mixed_6d.branch1x1', before))]
      }
      h = grid17(block, h, convolve)
    }
    yield ['block768', mean(h)]
    h = to8('Mixed_7a', h, convolve)
    for (const block of ['Mixed_7b', 'Mixed_7c']) h = grid8(block, h, convolve)
    const pool = mean(h)()
    yield ['features', () => tf.clone(pool)]
    const logits = tf.matMul(pool, this.#weights.classes) as tf.Tensor2D
    yield ['logits', () => tf.clone(logits)]
    yield ['biasedLogits', () => tf.add(logits, this.#weights.classBias) as tf.Tensor2D]
  }

  #convolve(
    name: string,
    x: tf.Tensor4D,
    { strides = 1, pad = strides === 1 ? 'same' : 'valid' }: { strides?: 1 | 2; pad?: 'same' | 'valid' },
  ): tf.Tensor4D {
    const { filter, bias } = this.#weights.convolutions.get(name)!
    return tf.relu(conv2d(x, filter, bias, { strides, pad }))
  }
}

/** The first 7 channels of [N,17,17,192], flattened to [N,2023]. */
function spatial(x: tf.Tensor4D): tf.Tensor2D {
  const [n, height, width] = x.shape
  return tf.reshape(tf.slice(x, [0, 0, 0, 0], [n, height, width, 7]), [n, height * width * 7])
}
