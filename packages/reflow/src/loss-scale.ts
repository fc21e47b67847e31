import { checkInt, checkNumber } from '@rectified-flow/core'

/** What a loss is multiplied by now, and for how many steps in a row that went well. */
export interface LossScaleState {
  scale: number
  streak: number
}

/** A loss scale is a pure function from state to state: it resumes with the trainer that it belongs to. */
export interface LossScale {
  initial: LossScaleState
  next(state: LossScaleState, finite: boolean): LossScaleState
}

export interface DynamicLossScaleOptions {
  initial?: number
  /** Steps in a row that must go well before the scale doubles. */
  growAfter?: number
  max?: number
}

/**
 * Multiply the loss, and divide its gradients, by a power of two that is as large as goes well: halved where gradients
 * overflow, doubled after `growAfter` steps without. It keeps small gradients of a network that computes in half precision
 * from becoming zero.
 *
 * Nothing here needs it today: every backend computes in float32, whose smallest numbers no gradient comes near. It is for a
 * velocity of your own that computes in half precision, and changes no step of one that doesn't.
 *
 * @see Micikevicius et al., Mixed Precision Training, arXiv 1710.03740, section 3.2
 */
export function dynamicLossScale({
  initial = 2 ** 15,
  growAfter = 2000,
  max = 2 ** 24,
}: DynamicLossScaleOptions = {}): LossScale {
  const where = 'reflow.dynamicLossScale'
  checkNumber(where, 'initial', initial, 1, max)
  checkInt(where, 'growAfter', growAfter, 1)
  return {
    initial: { scale: initial, streak: 0 },
    next({ scale, streak }, finite) {
      if (!finite) return { scale: Math.max(scale / 2, 1), streak: 0 }
      if (streak + 1 < growAfter) return { scale, streak: streak + 1 }
      return { scale: Math.min(scale * 2, max), streak: 0 }
    },
  }
}
