/** What `evaluate` can find, and what of the images each needs. */
const needs = {
  frechetDistance: ['moments'],
  spatialFrechetDistance: ['spatial'],
  kernelDistance: ['samples'],
  manifold: ['samples'],
  memorisationDistance: ['samples'],
  inceptionScore: ['logits'],
} as const

export type Metric = keyof typeof needs
export type Need = (typeof needs)[Metric][number]

export const allMetrics = Object.keys(needs) as Metric[]

export function needsOf(metrics: readonly Metric[]): Set<Need> {
  return new Set(metrics.flatMap(metric => [...needs[metric]]))
}
