export { type MetricName, type MetricValues, metrics } from './choices.js'
export { collectFeatures, featureStatistics } from './collect-features.js'
export {
  type CompareOptions,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationRecord,
  evaluate,
  evaluateMeasurement,
  type Reference,
} from './evaluate/evaluate.js'
export {
  type ComparedSpace,
  type EvaluateSpacesOptions,
  evaluateSpaces,
  meanRatio,
  type SpacesEvaluation,
} from './evaluate/evaluate-spaces.js'
export {
  type MeasuredSpace,
  type Measurement,
  type MeasureOptions,
  measureImages,
  measureSpaces,
} from './evaluate/measure-images.js'
export type { Extractor, NetworkDescription } from './extractor.js'
export type { FeatureSet } from './feature-set.js'
export { FeatureStatistics } from './feature-statistics.js'
export { frechetDistance, frechetDistanceOfSets } from './frechet-distance.js'
export { gaussianKernelDistance } from './gaussian-kernel-distance.js'
export type { ImageBatches } from './image-batches.js'
export { meanSquaredError, peakSignalToNoise } from './image-errors.js'
export { FidInception, type FidInceptionOptions, type InceptionOutput } from './inception/fid-inception.js'
export { inceptionScore, inceptionScoreOfSplits, type SplitOptions } from './inception-score.js'
export { kernelDistance } from './kernel-distance.js'
export { type ManifoldMetrics, type ManifoldOptions, manifoldMetrics } from './manifold-metrics.js'
export { memorisationDistance } from './memorisation-distance.js'
export type { Kept, KeptName, Metric, MetricTools } from './metric.js'
export type { Moments } from './moments.js'
export {
  digitConfig,
  SmallResNet,
  type SmallResNetConfig,
  type SmallResNetOptions,
  smallResNet,
} from './networks/small-resnet.js'
export { loadSmallResNet, saveSmallResNet } from './networks/small-resnet-file.js'
export { readReference, writeReference } from './reference-file.js'
export { type ResizeOptions, resize } from './resize/resize.js'
export type { ResizeMode } from './resize/resize-weights.js'
export { type SlicedWassersteinOptions, slicedWasserstein } from './sliced-wasserstein.js'
export { type Estimate, type SubsetOptions, subsetEstimate } from './subset-estimate.js'
export { VisionTransformer, type VisionTransformerOptions } from './vit/vision-transformer.js'
export {
  type ClipConfig,
  clipBase32,
  type Dinov2Config,
  dinov2Small,
  type VitConfig,
} from './vit/vit-config.js'
