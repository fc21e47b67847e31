import * as tf from '@tensorflow/tfjs-core'

/** The most numbers in a bucket, unless one tensor has more: 32 MB, which every GPU can bind as one buffer. */
const MOST = 2 ** 23

/** Tensors one after the other in few flat ones [n], so that few messages carry them all. */
export function toBuckets(tensors: readonly tf.Tensor[]): tf.Tensor1D[] {
  const flat = (some: readonly tf.Tensor[]) => tf.concat(some.map(tensor => tf.reshape(tensor, [-1])))
  return groupsOf(tensors.map(({ size }) => size)).map(({ first, end }) =>
    tf.tidy(() => flat(tensors.slice(first, end)) as tf.Tensor1D),
  )
}

/** The tensors of these shapes that `toBuckets` put together. */
export function fromBuckets(buckets: readonly tf.Tensor1D[], shapes: readonly number[][]): tf.Tensor[] {
  const sizes = shapes.map(shape => tf.util.sizeFromShape(shape))
  return groupsOf(sizes).flatMap(({ first, end }, i) =>
    tf.split(buckets[i]!, sizes.slice(first, end)).map((part, j) => tf.reshape(part, shapes[first + j]!)),
  )
}

/** The first tensor of each bucket, and that of the next. */
function groupsOf(sizes: readonly number[]): { first: number; end: number }[] {
  const groups: { first: number; end: number }[] = []
  let numbers = Number.POSITIVE_INFINITY
  for (const [i, size] of sizes.entries()) {
    if (numbers + size > MOST) {
      groups.push({ first: i, end: i })
      numbers = 0
    }
    numbers += size
    groups.at(-1)!.end = i + 1
  }
  return groups
}
