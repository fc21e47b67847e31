import type * as tf from '@tensorflow/tfjs-core'

/** RfGroupNorm, and RfGroupNormModulated with scale and shift. */
export interface GroupNormInputs {
  /** [B,H,W,C] */
  x: tf.Tensor4D
  /** [C] */
  gamma: tf.Tensor1D
  beta: tf.Tensor1D
  /** [B,C] */
  scale?: tf.Tensor2D
  shift?: tf.Tensor2D
}

export interface GroupNormAttrs {
  groups: number
  epsilon: number
  /** Whether silu follows. */
  activate: boolean
}

/** RfAdamEma: all of one shape. */
export type AdamEmaInputs = Record<'weight' | 'm' | 'v' | 'ema' | 'gradient', tf.Tensor>

/** rate = learning rate / (1 - beta1^step), correction = 1 / (1 - beta2^step) */
export type AdamEmaAttrs = Record<'rate' | 'beta1' | 'beta2' | 'epsilon' | 'correction' | 'emaDecay', number>

/** RfSumBlocks and RfRepeatBlocks: x [B,H,W,C], and what the sums or pixels are multiplied by. */
export interface BlocksInputs {
  x: tf.Tensor4D
}

export interface BlocksAttrs {
  gain: number
}
