import { oneHot } from '@rectified-flow/core'
import type { ImageSource } from '@rectified-flow/datasets'
import { classOfSeed } from '@rectified-flow/flow'
import type { ForwardOptions } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'

/** Throw unless an option's class, if it is given, is one of a network's. */
export function checkClass(option: string, only: number | undefined, classes: number): void {
  if (only === undefined || only < classes) return
  const rule = classes === 0 ? 'absent: this network has no classes' : `in 0..${classes - 1}`
  throw new RangeError(`${option} must be ${rule}, got ${only}.`)
}

/** Throw unless the labels of data can be known: the option gives one for all, the data have them, or none are needed. */
export function checkDataClass(
  option: string,
  only: number | undefined,
  classes: number,
  data: ImageSource,
  path: string,
): void {
  checkClass(option, only, classes)
  if (classes > 0 && only === undefined && data.classes === undefined)
    throw new RangeError(`${option} must be in 0..${classes - 1}, because '${path}' has no labels, got none.`)
}

/**
 * One-hot labels of images by their numbers: all of one class, or each of a random class that its number decides. Empty for a
 * network without classes.
 *
 * @param classes  the network's labelDim
 */
export function classLabels(classes: number, numbers: readonly number[], only?: number): ForwardOptions {
  if (classes === 0) return {}
  return forwardLabels(
    classes,
    numbers.map(n => only ?? classOfSeed(n, classes)),
  )
}

/** One-hot labels of data: all of one class, or the data's own [B,classes]. Empty for a network without classes. */
export function dataLabels(
  classes: number,
  own: tf.Tensor2D | undefined,
  count: number,
  only?: number,
): ForwardOptions {
  if (classes === 0) return {}
  if (only !== undefined) return forwardLabels(classes, Array(count).fill(only))
  return own ? { classLabels: own } : {}
}

/** Labels [B,classes] for a network's forward pass. */
export function forwardLabels(classes: number, labels: readonly number[]): ForwardOptions {
  return { classLabels: oneHot(labels, classes) }
}
