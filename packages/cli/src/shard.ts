import { InvalidArgumentError, Option } from 'commander'
import { WORKER_SHARE } from './worker.js'

/** This process does parts index, index + count, index + 2 count ... of a job. */
export interface Shard {
  index: number
  count: number
}

/** `--shard i/n`, counted from 0. Default: the share that a Slurm array or a Kubernetes Indexed Job sets, or all. */
export function shardOption(): Option {
  return new Option(
    '--shard <i/n>',
    'do share i of n, counted from 0 (default: the share that Slurm or Kubernetes sets, else all)',
  ).argParser(parseShard)
}

function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? []
  if (index === undefined || count === undefined || index >= count)
    throw new InvalidArgumentError(`must be i/n with i < n, such as 0/4, got '${text}'.`)
  return { index, count }
}

/** The share of this process: a worker's, the one asked for, or that of the array job that this process belongs to. */
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

/** Refuse an impossible share (a Slurm array with gaps, a wrong number of completions): work would silently be left undone. */
function checked(name: string, shard: Shard): Shard {
  const { index, count } = shard
  if (Number.isInteger(index) && index >= 0 && index < count) return shard
  throw new RangeError(
    `${name} must name a share from 0 to ${count - 1}, without gaps, got ${index} of ${count}.`,
  )
}
