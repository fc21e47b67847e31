import type { Metric } from '@rectified-flow/eval-fid'

export const meanGapMetric: Metric<'moments', number> = {
  help: 'distance of the mean features',
  needs: 'moments',
  compares: true,
  measure: (generated, real) => Math.hypot(...generated.mean.map((mean, i) => mean - real.mean[i]!)),
}
