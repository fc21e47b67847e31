import { createRng, oneHot } from '@rectified-flow/core'
import type { ForwardOptions } from '@rectified-flow/unet'

/**
 * One-hot labels of images by their numbers: all of one class, or each of a random class that its number decides. Empty for a
 * network without classes.
 *
 * @param classes  the network's labelDim
 */
export function classLabels(classes: number, numbers: readonly number[], only?: number): ForwardOptions {
  if (classes === 0) {
    if (only !== undefined) throw new RangeError(`--class: this network has no classes, got ${only}.`)
    return {}
  }
  if (only !== undefined && only >= classes)
    throw new RangeError(`--class must be in 0..${classes - 1}, got ${only}.`)
  const rng = createRng(0).fork('class')
  return forwardLabels(
    classes,
    numbers.map(n => only ?? rng.fork(n).integers(1, classes)[0]!),
  )
}

/** Labels [B,classes] for a network's forward pass. */
export function forwardLabels(classes: number, labels: readonly number[]): ForwardOptions {
  return { classLabels: oneHot(labels, classes) }
}
