import {
  drawFaces,
  FACE_ATTRIBUTES,
  type FaceAttribute,
  type FaceDataset,
  faceAttributes,
  faceClass,
} from '@rectified-flow/datasets/node'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import * as tf from '@tensorflow/tfjs-core'

let drawn: Promise<FaceDataset> | undefined

/** The faces that a model's samples are compared with; no teacher has seen them. */
export function testFaces(count: number): Promise<FaceDataset> {
  drawn ??= drawFaces({ split: 'test', count })
  return drawn
}

/** The class of each of the first faces of a split, so that each class is as frequent as in the data. */
export async function classesOf(split: 'train' | 'test', count: number): Promise<number[]> {
  return (await faceAttributes({ split, count })).map(faceClass)
}

const names = Object.keys(FACE_ATTRIBUTES) as FaceAttribute[]
const sizes = names.map(name => FACE_ATTRIBUTES[name].length)

/** How many of these faces show the hair, the glasses and the mouth of their class, as the measuring network reads them. */
export async function countShown(
  features: SmallResNet,
  x: tf.Tensor4D,
  classes: readonly number[],
): Promise<number> {
  const read = tf.tidy(() => {
    const parts = tf.split(features.logits(x), sizes, 1)
    const value = (name: FaceAttribute) => tf.cast(tf.argMax(parts[names.indexOf(name)]!, 1), 'float32')
    // The order of FACE_CLASSES
    return tf.addN([tf.mul(value('hair'), 4), tf.mul(value('glasses'), 2), value('mouth')])
  })
  const found = await read.data()
  read.dispose()
  return classes.filter((wanted, i) => found[i] === wanted).length
}
