import { InvalidArgumentError, Option } from 'commander'
import { WORKER_SHARE } from './worker.js'

/** This process does parts index, index + count, index + 2 count ... of a job. */
export interface Shard {
  index: number
  count: number
}

/** `--shard i/n`, counted from 0; without it, what a Slurm array or a Kubernetes Indexed Job says, or all. */
export function shardOption(): Option {
  return new Option(
    '--shard <i/n>',
    'do the i-th of n shares, from 0 (default: what Slurm or Kubernetes says, else all)',
  ).argParser(parseShard)
}

function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? []
  if (index === undefined || count === undefined || index >= count)
    throw new InvalidArgumentError(`must be i/n with i < n, such as 0/4, got '${text}'.`)
  return { index, count }
}

/** A worker's share, the share asked for, or that of the array job that this process is a task of. */
export function shardOf(given: Shard | undefined, env: NodeJS.ProcessEnv = process.env): Shard {
  if (env[WORKER_SHARE]) return parseShard(env[WORKER_SHARE])
  if (given) return given
  const { SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_STEP, SLURM_ARRAY_TASK_COUNT } = env
  if (SLURM_ARRAY_TASK_ID && SLURM_ARRAY_TASK_COUNT)
    return checked('SLURM_ARRAY_TASK_ID', {
      index:
        (Number(SLURM_ARRAY_TASK_ID) - Number(SLURM_ARRAY_TASK_MIN ?? 0)) /
        Number(SLURM_ARRAY_TASK_STEP ?? 1),
      count: Number(SLURM_ARRAY_TASK_COUNT),
    })
  const { JOB_COMPLETION_INDEX, JOB_COMPLETIONS } = env
  if (JOB_COMPLETION_INDEX && JOB_COMPLETIONS)
    return checked('JOB_COMPLETION_INDEX', {
      index: Number(JOB_COMPLETION_INDEX),
      count: Number(JOB_COMPLETIONS),
    })
  return { index: 0, count: 1 }
}

/** A share that is none (a Slurm array with gaps, another number of completions) would leave work undone unnoticed. */
function checked(name: string, shard: Shard): Shard {
  const { index, count } = shard
  if (Number.isInteger(index) && index >= 0 && index < count) return shard
  throw new RangeError(
    `${name} must say a share from 0 to ${count - 1}, without gaps, got ${index} of ${count}.`,
  )
}
