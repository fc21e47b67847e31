import type { Job } from './job.js'
import { adapter } from './jobs/adapter.js'
import { bandwidth } from './jobs/bandwidth.js'
import { conformance } from './jobs/conformance.js'
import { convolutions } from './jobs/convolutions.js'
import { dispatches } from './jobs/dispatches.js'
import { inference } from './jobs/inference.js'
import { pytorch } from './jobs/pytorch.js'
import { sweep } from './jobs/sweep.js'
import { cifarTraining, trainingAsOnCpu } from './jobs/training.js'
import { trainingSteps } from './jobs/training-steps.js'

export interface Part {
  /** The name of its file. */
  name: string
  jobs: readonly PlannedJob[]
}

export interface PlannedJob {
  name: string
  /** What it gets at least, of the whole run's WHOLE_SECONDS. What earlier jobs left over is added. */
  seconds: number
  run: Job
  /** False: left out of a dry run, which shows the same with another job; software adapters take minutes for all shaders. */
  dry?: false
}

/**
 * The parts in order, a file each; with both summaries they are eight files, because some machines give back no more. The last
 * part goes on as long as there is time, with what the others left over.
 */
export const parts: readonly Part[] = [
  {
    name: '1-device',
    jobs: [
      { name: 'adapter', seconds: 6, run: adapter },
      { name: 'bandwidth', seconds: 9, run: bandwidth },
      { name: 'dispatches', seconds: 9, run: dispatches },
    ],
  },
  { name: '2-conformance', jobs: [{ name: 'conformance', seconds: 25, run: conformance }] },
  {
    name: '3-networks',
    jobs: [
      { name: 'sweep', seconds: 20, run: sweep('float32') },
      { name: 'sweep, mixed', seconds: 15, run: sweep('mixed') },
      { name: 'small, inference', seconds: 12, run: inference('small') },
      { name: 'small, batch 8', seconds: 12, run: trainingSteps('small', 8) },
      { name: 'small, batch 128', seconds: 12, run: trainingSteps('small', 128), dry: false },
      { name: 'small, batch 512', seconds: 12, run: trainingSteps('small', 512), dry: false },
      { name: 'small, batch 8, mixed', seconds: 10, run: trainingSteps('small', 8, 'mixed') },
      { name: 'cifar10, inference', seconds: 22, run: inference('cifar10') },
      { name: 'cifar10, batch 128', seconds: 32, run: trainingSteps('cifar10', 128), dry: false },
      { name: 'cifar10, batch 128, mixed', seconds: 25, run: trainingSteps('cifar10', 128, 'mixed') },
      { name: 'cifar10, batch 8', seconds: 22, run: trainingSteps('cifar10', 8) },
      { name: 'cifar10, inference, mixed', seconds: 15, run: inference('cifar10', 'mixed') },
      { name: 'cifar10, batch 512', seconds: 26, run: trainingSteps('cifar10', 512), dry: false },
      { name: 'cifar10, batch 512, mixed', seconds: 18, run: trainingSteps('cifar10', 512, 'mixed') },
    ],
  },
  {
    name: '4-training',
    jobs: [
      { name: 'small, as on a CPU', seconds: 25, run: trainingAsOnCpu('small') },
      { name: 'cifar10, as on a CPU', seconds: 25, run: trainingAsOnCpu('cifar10') },
      { name: 'cifar10', seconds: 27, run: cifarTraining },
    ],
  },
  {
    name: '5-pytorch',
    jobs: [
      { name: 'eager', seconds: 80, run: pytorch('eager') },
      { name: 'compile', seconds: 45, run: pytorch('compile') },
    ],
  },
  {
    name: '6-convolution',
    jobs: [
      { name: 'convolutions', seconds: 24, run: convolutions('float32') },
      { name: 'convolutions, mixed', seconds: 12, run: convolutions('mixed') },
    ],
  },
]

/** The sum of all jobs' seconds. */
export const WHOLE_SECONDS = parts.flatMap(({ jobs }) => jobs).reduce((sum, { seconds }) => sum + seconds, 0)

/** Find a job by its part and name. */
export function jobOf(part: string, name: string): Job {
  const found = parts.find(one => one.name === part)?.jobs.find(job => job.name === name)
  if (!found) throw new RangeError(`bench.device: job must be one of the parts' jobs, got ${part}, ${name}.`)
  return found.run
}
