import { cosmapChoice } from './cosmap.js'
import { exponentialFallingChoice } from './exponential-falling.js'
import { exponentialRisingChoice } from './exponential-rising.js'
import { logitNormalChoice } from './logit-normal.js'
import { modeSamplingChoice } from './mode-sampling.js'
import { uShapedChoice } from './u-shaped.js'
import { uniformChoice } from './uniform.js'

/** Every distribution by its name, for settings files and command lines. Code imports only the one that it uses. */
export const timestepDistributions = {
  uniform: uniformChoice,
  uShaped: uShapedChoice,
  exponentialRising: exponentialRisingChoice,
  exponentialFalling: exponentialFallingChoice,
  logitNormal: logitNormalChoice,
  modeSampling: modeSamplingChoice,
  cosmap: cosmapChoice,
}

export type TimestepDistributionName = keyof typeof timestepDistributions
