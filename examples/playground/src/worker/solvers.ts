import { euler, heun, type Method, midpoint, rk4 } from '@rectified-flow/ode'
import type { SamplerOptions } from '@rectified-flow/reflow'
import { CALLS, type SolverName } from '../choices.js'

const methods: Record<SolverName, { method: Method; rule?: 'reinterpolate' }> = {
  euler: { method: euler },
  newRule: { method: euler, rule: 'reinterpolate' },
  heun: { method: heun },
  midpoint: { method: midpoint },
  rk4: { method: rk4 },
}

/** Options of a sampler for paths in the plane, in at most `nfe` network calls each, but at least one step. */
export function samplerOptions({ solver, nfe }: { solver: SolverName; nfe: number }): SamplerOptions {
  const steps = Math.max(1, Math.floor(nfe / CALLS[solver]))
  // A step to t = 0 is always an Euler step. End just before, so that the chosen method makes every step.
  return { steps, startTime: 1, endTime: 1e-5, noiseScale: 1, ...methods[solver] }
}
