import * as tf from '@tensorflow/tfjs-core'
import { checkGradients } from './check-gradients.js'
import { constant } from './constant.js'
import { checkTangents, type JacobianVector } from './jacobian-vector.js'
import { tapedGradients } from './taped-gradients.js'
import { vectorJacobian } from './vector-jacobian.js'

/**
 * The Jacobian-vector product from two backward passes, to rounding. g(w) = Jᵀ w is linear in w, so its product with the
 * tangents has the gradient J · tangents. It needs gradients that have gradients. Kernels
 * without one throw: of a U-Net, those of wasm, TensorFlow and WebGPU, and on any backend those that resample.
 *
 * @see Townsend, A new trick for calculating Jacobian vector products, 2017
 */
export const doubleBackward: JacobianVector = (f, inputs, tangents) => {
  checkTangents('core.doubleBackward', f, inputs, tangents)
  checkGradients('core.doubleBackward')
  return onOwnTape(() => {
    const weights = tf.zerosLike(constant(() => f(inputs)))
    const along = () => {
      const { grads } = vectorJacobian(() => f(inputs), inputs, weights)
      return tf.addN(grads.map((gradient, i) => tf.sum(tf.mul(gradient, tangents[i]!))))
    }
    const { grads } = tapedGradients(along, [weights], tf.scalar(1))
    return grads[0] ?? tf.clone(weights) // f depends on no input
  })
}

/** Run `body` as if no gradient were being computed around it. */
function onOwnTape(body: () => tf.Tensor): tf.Tensor {
  const { state } = tf.engine()
  const { activeTape, gradientDepth, kernelDepth } = state
  Object.assign(state, { gradientDepth: 0, kernelDepth: 0 })
  try {
    return tf.tidy(body)
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth })
  }
}
