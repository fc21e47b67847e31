import { checkInt, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'

/** The present factor of the loss, and for how many steps in a row the gradients were finite. */
export interface LossScaleState {
  scale: number
  streak: number
}

/** A loss scale is a pure function from state to state, so that its trainer can save and restore it. */
export interface LossScale {
  initial: LossScaleState
  next(state: LossScaleState, finite: boolean): LossScaleState
}

export interface DynamicLossScaleOptions {
  initial?: number
  /** Steps in a row with finite gradients before the scale doubles. */
  growAfter?: number
  max?: number
}

const dynamicLossScaleNames: OptionNames<DynamicLossScaleOptions> = {
  initial: 'optional',
  growAfter: 'optional',
  max: 'optional',
}

/**
 * Multiply the loss by a power of two, and divide its gradients by it. The power is halved when gradients overflow, and
 * doubled after `growAfter` steps without overflow. So the small gradients of a network that computes in half precision
 * don't become zero.
 *
 * Where convolutions round their factors to float16 (`useBackend('webgpu', { precision: 'mixed' })`) a trainer uses it
 * by itself: numbers below 6e-8 become zero there, and those above 65,504 infinite. In float32 it doesn't change the
 * steps.
 *
 * @see Micikevicius et al., Mixed Precision Training, arXiv 1710.03740, section 3.2
 */
export function dynamicLossScale(options: DynamicLossScaleOptions = {}): LossScale {
  const where = 'reflow.dynamicLossScale'
  checkOptions(where, options, dynamicLossScaleNames)
  const { initial = 2 ** 15, growAfter = 2000, max = 2 ** 24 } = options
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
