import type * as tf from '@tensorflow/tfjs-core'

/** What tf.customGrad passes after the inputs, which its types leave out: keeps tensors until the backward pass. */
export type GradSaver = (tensors: tf.Tensor[]) => void
