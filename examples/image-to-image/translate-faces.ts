import { createRng, indexedNormal, oneHot } from '@rectified-flow/core'
import {
  attributesOfLogits,
  FACE_CLASSES,
  type FaceAttribute,
  type FaceDataset,
  faceClass,
} from '@rectified-flow/datasets/node'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import { translate } from '@rectified-flow/reflow'
import { edmVelocity, type Network } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

/** A bit of the class that is turned over; 0 draws the face again as it is. */
export interface Change {
  title: string
  bit: number
}

const bit = (change: Partial<Parameters<typeof faceClass>[0]>) =>
  faceClass({ hair: 'short', glasses: 'no', mouth: 'happy', ...change })

export const CHANGES: readonly Change[] = [
  { title: 'drawn again', bit: 0 },
  { title: 'glasses on or off', bit: bit({ glasses: 'yes' }) },
  { title: 'the other hair', bit: bit({ hair: 'long' }) },
  { title: 'the other mouth', bit: bit({ mouth: 'sad' }) },
]

/** What a class doesn't decide, and a translation should keep. */
const KEPT: readonly FaceAttribute[] = ['skinColor', 'hairColor', 'hat', 'beard', 'clothingColor']
const BATCH = 64

/** Faces x [N,16,16,3] of these classes, each under the class in which one bit is turned over, [N,16,16,3]. */
export function translateFaces(
  net: Network,
  x: tf.Tensor4D,
  classes: readonly number[],
  { bit }: Change,
): tf.Tensor4D {
  return tf.tidy(() => {
    const velocity = (of: readonly number[]) =>
      edmVelocity(net, { classLabels: oneHot(of, FACE_CLASSES.length) })
    const indices = [...classes.keys()]
    const noise = indexedNormal(createRng(1), indices, x.shape.slice(1)) as tf.Tensor4D
    const to = classes.map(label => label ^ bit)
    return translate(x, { from: velocity(classes), to: velocity(to), noise }).x
  })
}

/** The share of the faces that are read as the class asked for, and the shares whose other attributes are still read the same. */
export async function countChanged(
  net: Network,
  faces: FaceDataset,
  features: SmallResNet,
  change: Change,
): Promise<{ as: number; kept: Record<string, number> }> {
  let as = 0
  const kept = Object.fromEntries(KEPT.map(name => [name, 0]))
  for (let first = 0; first < faces.count; first += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, faces.count - first) }, (_, i) => first + i)
    const classes = indices.map(i => faces.labels![i]!)
    const logits = tf.tidy(() => {
      const made = translateFaces(net, faces.batch(indices).x, classes, change)
      return features.logits(tf.clipByValue(made, -1, 1))
    })
    const shown = await attributesOfLogits(logits)
    logits.dispose()
    for (const [i, face] of shown.entries()) {
      as += Number(faceClass(face) === (classes[i]! ^ change.bit))
      const real = faces.attributes[indices[i]!]!
      for (const name of KEPT) kept[name]! += Number(face[name] === real[name])
    }
  }
  const share = (count: number) => count / faces.count
  return { as: share(as), kept: Object.fromEntries(KEPT.map(name => [name, share(kept[name]!)])) }
}
