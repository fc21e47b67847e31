import { oneHot } from '@rectified-flow/core'
import type { ImageSource } from '@rectified-flow/datasets'
import { classOfSeed, type Flow } from '@rectified-flow/flow'
import type { ForwardOptions } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'
import { described } from './described.js'

/**
 * The number of the class that an option gives: by its number, or by its name if the network's file has names; undefined if the
 * option isn't given. Where names are numbers themselves, as of folders 0 to 9, only names are meant.
 */
export function classOf(
  option: string,
  given: string | undefined,
  { classNames, net }: Pick<Flow, 'classNames' | 'net'>,
): number | undefined {
  if (given === undefined) return undefined
  const { labelDim: classes } = net.config
  const isNumber = (text: string) => /^\d+$/.test(text)
  const named = classNames?.indexOf(given) ?? -1
  if (named >= 0) return named
  if (isNumber(given) && Number(given) < classes && !classNames?.some(isNumber)) return Number(given)
  const some = classNames?.slice(0, 20).join(', ')
  const names = `one of ${some}${classes > 20 ? ', ...' : ''}`
  const rule =
    classes === 0 ? 'absent: this network has no classes' : classNames ? names : `in 0..${classes - 1}`
  throw new RangeError(`${option} must be ${rule}, got ${isNumber(given) ? given : described(given)}.`)
}

/** Throw unless the labels of data can be known: the option gives one for all, the data have them, or none are needed. */
export function checkDataClass(
  option: string,
  only: number | undefined,
  classes: number,
  data: ImageSource,
  path: string,
): void {
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
