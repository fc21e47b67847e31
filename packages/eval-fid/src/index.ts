export { collectFeatures, featureStatistics, type ImageBatches } from './collect-features.js'
export type { FeatureSet } from './feature-set.js'
export { FeatureStatistics, type Moments } from './feature-statistics.js'
export { frechetDistance } from './frechet-distance.js'
export { inceptionScore } from './inception-score.js'
export { kernelDistance } from './kernel-distance.js'
export { type ManifoldMetrics, type ManifoldOptions, manifoldMetrics } from './manifold-metrics.js'
export {
  digitConfig,
  SmallResNet,
  type SmallResNetConfig,
  type SmallResNetOptions,
  smallResNet,
} from './networks/small-resnet.js'
export { loadSmallResNet, saveSmallResNet } from './networks/small-resnet-file.js'
