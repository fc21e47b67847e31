import {
  attributesOfLogits,
  drawFaces,
  type FaceDataset,
  faceAttributes,
  faceClass,
} from '@rectified-flow/datasets/node'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import type * as tf from '@tensorflow/tfjs-core'

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

/** How many of these faces show the hair, the glasses and the mouth of their class, as the measuring network reads them. */
export async function countShown(
  features: SmallResNet,
  x: tf.Tensor4D,
  classes: readonly number[],
): Promise<number> {
  const logits = features.logits(x)
  const shown = await attributesOfLogits(logits)
  logits.dispose()
  return shown.filter((face, i) => faceClass(face) === classes[i]).length
}
