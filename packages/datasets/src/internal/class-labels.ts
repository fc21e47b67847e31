import { describe } from '@rectified-flow/core'

/** Class of each image, and how many classes there are. */
export interface ClassLabels {
  labels: Uint16Array
  classes: number
  /** The names of the classes, in the order of their numbers. */
  names?: readonly string[]
}

/**
 * The most classes that a file may name. A batch has a one-hot row of this width for each image, so a file's word is not
 * enough for more.
 */
export const MAX_CLASSES = 2 ** 16

/**
 * Labels as a file gives them, each checked to be a class. There is one more class than the largest label.
 *
 * @param rule  names label i in an error: `arr_1[i] of 'x.npz' must be`
 */
export function classLabels(
  where: string,
  values: ArrayLike<unknown>,
  rule: (i: number) => string,
): ClassLabels {
  const labels = new Uint16Array(values.length)
  let classes = 0
  for (let i = 0; i < labels.length; i++) {
    const value = values[i]
    const label = typeof value === 'bigint' ? Number(value) : value
    if (!Number.isInteger(label) || (label as number) < 0 || (label as number) >= MAX_CLASSES)
      throw new RangeError(
        `${where}: ${rule(i)} a class, an integer in [0, ${MAX_CLASSES - 1}], got ${describe(value)}.`,
      )
    labels[i] = label as number
    classes = Math.max(classes, labels[i]! + 1)
  }
  return { labels, classes }
}
