import { frechetDistanceMetric, spatialFrechetDistanceMetric } from './frechet-distance.js'
import { gaussianKernelMetric } from './gaussian-kernel-distance.js'
import { inceptionScoreMetric } from './inception-score.js'
import { kernelDistanceMetric } from './kernel-distance.js'
import { manifoldMetric } from './manifold-metrics.js'
import { memorisationDistanceMetric } from './memorisation-distance.js'

/** Every metric of `evaluate` by name, in the order of the results. */
export const metrics = {
  frechetDistance: frechetDistanceMetric,
  spatialFrechetDistance: spatialFrechetDistanceMetric,
  kernelDistance: kernelDistanceMetric,
  gaussianKernelDistance: gaussianKernelMetric,
  manifold: manifoldMetric,
  memorisationDistance: memorisationDistanceMetric,
  inceptionScore: inceptionScoreMetric,
}

export type MetricName = keyof typeof metrics

/** The result of each metric. */
export type MetricValues = {
  [Name in MetricName]: Awaited<ReturnType<(typeof metrics)[Name]['measure']>>
}
