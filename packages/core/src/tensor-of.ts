import * as tf from '@tensorflow/tfjs-core'

/** The tensor of a shape. Its rank is known if the shape's length is: [16, 28, 28, 1] gives Tensor4D, number[] gives Tensor. */
export type TensorOf<Shape extends readonly number[]> = Shape['length'] extends 0 | 1 | 2 | 3 | 4 | 5 | 6
  ? tf.Tensor<(typeof tf.Rank)[`R${Shape['length']}`]>
  : tf.Tensor

/** The tensor of a batch whose samples have this shape, [B,...shape]. */
export type BatchOf<Shape extends readonly number[]> = TensorOf<readonly [number, ...Shape]>

/** These numbers as a tensor whose type has the shape's rank. */
export function tensorOf<const Shape extends readonly number[]>(
  values: Float32Array,
  shape: Shape,
): TensorOf<Shape> {
  const sizes: number[] = [...shape]
  const tensor: tf.Tensor = tf.tensor(values, sizes)
  return tensor as TensorOf<Shape>
}
