import { type SolverName, solvers } from '@rectified-flow/ode'
import type { SamplerOptions } from '@rectified-flow/reflow'
import { type Command, Option } from 'commander'
import { parseSteps, parseTimes } from './parse.js'

export interface SamplingFlags {
  steps?: number
  times?: number[]
  method: SolverName
  rule: 'euler' | 'reinterpolate'
}

/** `--method NAME`, for every command that integrates a flow. */
export function methodOption(): Option {
  return new Option('--method <name>', 'solver').choices(Object.keys(solvers)).default('euler')
}

/** The options that say how to sample a flow, for every command that samples one. */
export function addSamplingOptions(command: Command, defaultSteps = 1): Command {
  return command
    .addOption(
      new Option('--steps <n>', `grid intervals (default: ${defaultSteps})`)
        .argParser(parseSteps)
        .conflicts('times'),
    )
    .addOption(new Option('--times <list>', 'a decreasing grid, such as 0.99999,0.8,0').argParser(parseTimes))
    .addOption(methodOption())
    .addOption(
      new Option('--rule <name>', "update rule of a step; reinterpolate is the paper's new one")
        .choices(['euler', 'reinterpolate'])
        .default('euler'),
    )
}

/** EDM's sampler has its own number of steps. */
export const EDM_STEPS = 18

/**
 * A sampler for a record of how images were made.
 *
 * @param usual  the steps without --steps and --times
 */
export function samplerOrigin(
  { edm, steps, times, method, rule }: SamplingFlags & { edm?: boolean },
  usual = 1,
): Readonly<Record<string, string | number>> {
  if (edm) return { sampler: 'edm', steps: steps ?? EDM_STEPS }
  return { sampler: method, rule, ...(times ? { times: times.join(',') } : { steps: steps ?? usual }) }
}

/** @param usual  the steps without --steps and --times; 1 if it isn't given */
export function samplingOf({ steps, times, method, rule }: SamplingFlags, usual?: number): SamplerOptions {
  const intervals = steps ?? (times ? undefined : usual)
  return { ...(intervals && { steps: intervals }), ...(times && { times }), method: solvers[method], rule }
}
