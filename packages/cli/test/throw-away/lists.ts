import { metrics } from '@rectified-flow/eval-fid'
import { premetrics } from '@rectified-flow/losses-lpips-huber'
import { solvers } from '@rectified-flow/ode'
import { couplings } from '@rectified-flow/reflow'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import { constantChoice } from './constant.js'
import { l1Choice } from './l1.js'
import { meanGapMetric } from './mean-gap.js'
import { ralston } from './ralston.js'
import { withoutNoiseChoice } from './without-noise.js'

// The one line that each list would need, added here before the command is loaded.
Object.assign(solvers, { ralston })
Object.assign(timestepDistributions, { constant: constantChoice })
Object.assign(premetrics, { l1: l1Choice })
Object.assign(couplings, { withoutNoise: withoutNoiseChoice })
Object.assign(metrics, { meanGap: meanGapMetric })
