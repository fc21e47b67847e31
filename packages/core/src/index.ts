export { batchOf } from './batch-of.js'
export { checkBackend } from './check-backend.js'
export { checkFunction, checkKind, checkList, checkRng, checkShape, checkText } from './check-kinds.js'
export { checkOptions, nearestName, type OptionNames } from './check-options.js'
export {
  checkFinite,
  checkInt,
  checkNumber,
  checkOneOf,
  checkTensor,
  describe,
  type ShapePattern,
} from './checks.js'
export { type Choice, type ChoiceOption, type Chosen, makeChosen, optionNames } from './choice.js'
export { classNumber } from './class-number.js'
export { NumericError, type NumericErrorCode } from './errors.js'
export { alongBatch } from './flow/along-batch.js'
export { dataPrediction, interpolate, noisePrediction, velocityFromData } from './flow/straight-path.js'
export { oneHot } from './one-hot.js'
export { bytesToImages, bytesToSigned, signedToBytes } from './pixels.js'
export { drawNormal, drawUniform, indexedNormal } from './rng/draw.js'
export { type NumpyRng, numpyRng, pcg64 } from './rng/numpy-rng.js'
export { createRng, type Rng, type WordPlace } from './rng/rng.js'
export { type CentralDifferenceOptions, centralDifference } from './tape/central-difference.js'
export { checkGradients } from './tape/check-gradients.js'
export { constant } from './tape/constant.js'
export { doubleBackward } from './tape/double-backward.js'
export type { JacobianVector } from './tape/jacobian-vector.js'
export { recompute } from './tape/recompute.js'
export { tapedGradients } from './tape/taped-gradients.js'
export { vectorJacobian } from './tape/vector-jacobian.js'
export type { BatchOf, TensorOf } from './tensor-of.js'
export { toFloat16 } from './to-float16.js'
export type {
  AverageField,
  Coupling,
  Denoiser,
  Features,
  Field,
  ImageBatch,
  Interval,
  LossContext,
  Pairs,
  Premetric,
  Rows,
  TimestepDistribution,
  Weights,
} from './types.js'
