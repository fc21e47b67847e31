export { type AdaptiveWeightOptions, adaptiveWeight } from './adaptive-weight.js'
export { calibrateHeads } from './calibrate-heads.js'
export { type PremetricName, premetrics } from './choices.js'
export { l2 } from './l2.js'
export { type Backbone, backboneShapes } from './lpips/backbones.js'
export {
  type Lpips,
  type LpipsOptions,
  type LpipsWeights,
  lpips,
  lpipsAveragePooling,
} from './lpips/lpips.js'
export { type LpipsHuberOptions, lpipsHuber } from './lpips-huber.js'
export {
  type FeaturePyramid,
  type ImageDistance,
  type PerceptualDistance,
  type PerceptualDistanceOptions,
  perceptualDistance,
} from './perceptual-distance.js'
export type { PremetricChoice, PremetricContext } from './premetric-choice.js'
export { type PseudoHuberOptions, pseudoHuber } from './pseudo-huber.js'
export { createSmallVgg, SmallVgg, type SmallVggArchitecture, type SmallVggOptions } from './small-vgg.js'
export { loadSmallVgg, saveSmallVgg } from './small-vgg-file.js'
export { squaredL2 } from './squared-l2.js'
export { type TimeBin, TimeBins } from './time-bins.js'
export { type WeightedSum, type WeightedTerm, weightedSum } from './weighted-sum.js'
export { withPixels } from './with-pixels.js'
