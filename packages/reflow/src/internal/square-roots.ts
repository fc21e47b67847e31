import * as tf from '@tensorflow/tfjs-core'

/** Added to every eigenvalue, in parts of their sum: the least one of which float32 still gives a root and its inverse. */
const LEAST = 1e-6
/** From the least eigenvalue the iteration comes to 1 in 17 steps, and then doubles its digits. */
const ITERATIONS = 22

/**
 * The square root of a positive semi-definite matrix A [D,D] and the root's inverse, by matrix products alone: the coupled
 * Newton-Schulz iteration. An eigenvalue below LEAST tr A counts as about that.
 *
 *   Y' = Y T, Z' = T Z with T = (3 I - Z Y) / 2, from Y = A / tr A and Z = I: Y goes to the root, Z to its inverse
 *
 * @see Higham, Functions of Matrices, 2008, equation 6.35
 */
export function squareRoots(matrix: tf.Tensor2D): { root: tf.Tensor2D; inverse: tf.Tensor2D } {
  return tf.tidy(() => {
    const identity = tf.eye(matrix.shape[0])
    const trace = tf.sum(tf.mul(matrix, identity))
    let root = tf.add(tf.div(matrix, trace), tf.mul(identity, LEAST)) as tf.Tensor2D
    let inverse: tf.Tensor2D = identity
    for (let i = 0; i < ITERATIONS; i++) {
      const turn = tf.mul(tf.sub(tf.mul(identity, 3), tf.matMul(inverse, root)), 0.5) as tf.Tensor2D
      root = tf.matMul(root, turn)
      inverse = tf.matMul(turn, inverse)
    }
    const size = tf.sqrt(trace)
    return { root: tf.mul(root, size), inverse: tf.div(inverse, size) }
  })
}
