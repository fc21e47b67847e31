import { checkGradients, checkKind, describe, type OptionNames } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { type IntegrateOptions, integrateNames } from './internal/run.js'

export type GradientOptions = IntegrateOptions & {
  /** The variables (or tensors) that the field uses and that need a gradient: tfjs can't find them by itself. */
  params?: readonly tf.Tensor[]
}

export const gradientNames: OptionNames<GradientOptions> = { ...integrateNames, params: 'optional' }

/** Throw unless gradients are registered and `params` are live tensors. */
export function checkGradientOf(where: string, params: readonly tf.Tensor[]): void {
  checkGradients(where)
  checkKind(where, 'params', params, 'a list of tensors', ['entries'])
  for (const [i, param] of params.entries())
    if (!Array.isArray(param?.shape) || param.isDisposed)
      throw new TypeError(`${where}: params[${i}] must be a live tensor, got ${describe(param)}.`)
}
