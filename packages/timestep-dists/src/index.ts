export { type CosmapOptions, cosmap } from './cosmap.js'
export { type ExponentialFallingOptions, exponentialFalling } from './exponential-falling.js'
export { type ExponentialRisingOptions, exponentialRising } from './exponential-rising.js'
export { type LogitNormalOptions, logitNormal } from './logit-normal.js'
export { type ModeSamplingOptions, modeSampling } from './mode-sampling.js'
export {
  type TimestepDistributionName,
  type TimestepDistributionOptions,
  timestepDistribution,
} from './timestep-distribution.js'
export { type UShapedOptions, uShaped } from './u-shaped.js'
export { type UniformOptions, uniform } from './uniform.js'
