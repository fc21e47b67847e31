import { createRng, indexedNormal, oneHot } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import { invert, sample, slerp, translate } from '@rectified-flow/reflow'
import { edmVelocity, type Network } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { CLASSES, labelRow } from './digits.js'
import { rowByRow } from './row-by-row.js'

/** The first images of a digit in a dataset, [count,28,28,1]. */
export function imagesOf(data: ImageDataset, digit: number, count: number): tf.Tensor4D {
  const indices: number[] = []
  for (let i = 0; i < data.count && indices.length < count; i++)
    if (data.labels?.[i] === digit) indices.push(i)
  const { x, labels } = data.batch(indices)
  labels?.dispose()
  return x
}

/** N rows of 1 + CLASSES images: each image, then its noise drawn under each label. [N (1 + CLASSES),28,28,1]. */
export function translateToAll(net: Network, x: tf.Tensor4D, digit: number): tf.Tensor4D {
  return tf.tidy(() => {
    const count = x.shape[0]
    const copies = tf.tile(x, [CLASSES, 1, 1, 1]) // all images for label 0, all for label 1, ...
    const labels = Array.from({ length: CLASSES * count }, (_, i) => Math.floor(i / count))
    const to = oneHot(labels, CLASSES)
    const made = translate(copies, {
      from: edmVelocity(net, { classLabels: labelRow(digit) }),
      to: edmVelocity(net, { classLabels: to }),
      noise: tf.tile(noiseLike(x, 1), [CLASSES, 1, 1, 1]),
    }).x
    return rowByRow([x, ...(tf.split(made, CLASSES) as tf.Tensor4D[])])
  })
}

/** N rows of `columns` images: from each image of a to the one of b along the arc between their noises. All one digit. */
export function interpolateDigits(
  net: Network,
  [a, b]: readonly [tf.Tensor4D, tf.Tensor4D],
  digit: number,
  columns: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const field = edmVelocity(net, { classLabels: labelRow(digit) })
    const noiseOf = (x: tf.Tensor4D) => invert(field, x, { noise: noiseLike(x, 2) }).z
    const [first, last] = [noiseOf(a), noiseOf(b)]
    const between = Array.from({ length: columns - 2 }, (_, i) => {
      const z = slerp(first, last, i / (columns - 3))
      return sample(field, z, { steps: 2 }).x
    })
    return rowByRow([a, ...between, b])
  })
}

/** Translate the first images of each digit to all digits, and count those that a classifier reads as intended. */
export async function countTranslated(
  net: Network,
  data: ImageDataset,
  judge: SmallResNet,
  perDigit: number,
): Promise<{ right: number; of: number }> {
  let right = 0
  for (let digit = 0; digit < CLASSES; digit++) {
    const read = tf.tidy(() => {
      const all = tf.clipByValue(translateToAll(net, imagesOf(data, digit, perDigit), digit), -1, 1)
      return tf.argMax(judge.logits(all as tf.Tensor4D), 1)
    })
    right += [...(await read.data())].filter((label, i) => label === (i % (1 + CLASSES)) - 1).length
    read.dispose()
  }
  return { right, of: perDigit * CLASSES ** 2 }
}

function noiseLike(x: tf.Tensor4D, seed: number): tf.Tensor4D {
  const [count, ...shape] = x.shape
  return indexedNormal(createRng(seed), [...Array(count).keys()], shape)
}
