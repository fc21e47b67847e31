import type * as tf from '@tensorflow/tfjs-core'
import { checkFunction, checkKind } from '../check-kinds.js'
import { checkTensor } from '../checks.js'

/**
 * A way to the Jacobian-vector product: how fast f changes when its inputs move along the tangents.
 *
 *   d/dε f(inputs + ε tangents) at ε = 0
 *
 * For any gradient the product is a constant. Two ways, and what they gave for a small U-Net's average velocity (float32, cpu):
 *
 *   centralDifference   2 forward passes      error 4e-5 of the product's norm     any f
 *   doubleBackward      4 times as long       rounding                             f whose gradients have gradients
 *
 * @param f         of inputs, float32; it must give the same numbers each time (dropout: from one rng)
 * @param tangents  one for each input, of its shape
 * @returns         of f's shape
 */
export type JacobianVector = (
  f: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  tangents: tf.Tensor[],
) => tf.Tensor

/** Throw unless there is one tangent for each input. */
export function checkTangents(where: string, ...[f, inputs, tangents]: Parameters<JacobianVector>): void {
  checkFunction(where, 'f', f)
  checkKind(where, 'inputs', inputs, 'a list of tensors', ['length', 'entries'])
  checkKind(where, 'tangents', tangents, 'a list of tensors', ['length'])
  for (const [i, input] of inputs.entries()) {
    checkTensor(where, `inputs[${i}]`, input, ['...'])
    checkTensor(where, `tangents[${i}]`, tangents[i], input.shape)
  }
}
