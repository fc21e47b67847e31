import './gradients.js'

export { type BackendChoice, useBackend } from './backends.js'
export {
  checkFinite,
  checkInt,
  checkNumber,
  checkOneOf,
  checkTensor,
  describe,
  type ShapePattern,
} from './checks.js'
export { NumericError, type NumericErrorCode } from './errors.js'
export { type AdamEmaOptions, type AdamSlot, adamEma } from './ops/adam-ema.js'
export { attention } from './ops/attention.js'
export { type Conv2dOptions, conv2d } from './ops/conv2d.js'
export { type GroupNormOptions, groupNorm, groupNormSilu } from './ops/group-norm.js'
export { resample } from './ops/resample.js'
export { indexedNormal } from './rng/indexed-normal.js'
export { type NumpyRng, numpyRng, pcg64 } from './rng/numpy-rng.js'
export { createRng, type Rng } from './rng/rng.js'
export type {
  Coupling,
  Denoiser,
  Features,
  Field,
  LossContext,
  Pairs,
  Premetric,
  TimestepDistribution,
  Weights,
} from './types.js'
