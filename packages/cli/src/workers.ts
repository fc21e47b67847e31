import { type ChildProcess, fork } from 'node:child_process'
import { Option } from 'commander'
import { parseInteger } from './parse.js'
import { type Progress, startProgress } from './progress.js'
import type { Shard } from './shard.js'
import { isWorker, WORKER_SHARE, type WorkerReport } from './worker.js'

/** Backends that don't use all cores of the machine. */
const CPU_BACKENDS: readonly string[] = ['wasm', 'cpu']
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** `--workers n`, for commands that take `--shard`. */
export function workersOption(): Option {
  return new Option('--workers <n>', 'processes on this machine that share the work, on wasm and cpu')
    .argParser(parseInteger(1, 256))
    .default(1)
}

/** Whether this process starts workers instead of doing the work itself. */
export const wantsWorkers = (workers: number): boolean => workers > 1 && !isWorker

type Counts = Exclude<WorkerReport, { error: string }>

/**
 * Run this process's own command line in `workers` processes, each with a share of `shard`, with one progress bar. If one
 * fails, the others are stopped. Signals are passed on to all, and end this process when all have ended.
 *
 * @param backend  the name of the active backend
 * @returns        how much the workers did, in the unit of their progress
 */
export async function runWorkers(workers: number, shard: Shard, backend: string): Promise<number> {
  if (!CPU_BACKENDS.includes(backend))
    throw new RangeError(
      `--workers must be 1 on backend '${backend}', which uses the whole machine from one process, got ${workers}. ` +
        `With --backend ${CPU_BACKENDS.join(' or ')} there may be more.`,
    )
  const children = Array.from({ length: workers }, (_, i) => start(shareOf(shard, i, workers)))
  const kill = (signal: NodeJS.Signals) => {
    for (const child of children) child.kill(signal)
  }
  let stoppedBy: NodeJS.Signals | undefined
  let failure: string | undefined
  const stop = (signal: NodeJS.Signals) => {
    stoppedBy = signal
    kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  const board = new Board(workers)
  await Promise.all(
    children.map(async (child, i) => {
      const why = await ended(child, counts => board.update(i, counts))
      if (why === undefined || failure || stoppedBy) return
      failure = `worker ${i + 1} of ${workers} failed: ${why}`
      kill('SIGTERM')
    }),
  )
  board.stop()
  for (const signal of SIGNALS) process.off(signal, stop)
  if (stoppedBy) process.kill(process.pid, stoppedBy) // the signal then ends this process, as it ends one without workers
  if (stoppedBy || failure) throw new Error(failure ?? `stopped by ${stoppedBy}`)
  return board.made
}

/** Share i of n of a share, as i/n of the whole job: a worker needs to know nothing of the others. */
function shareOf({ index, count }: Shard, i: number, n: number): string {
  return `${index + count * i}/${count * n}`
}

function start(share: string): ChildProcess {
  return fork(process.argv[1]!, process.argv.slice(2), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, [WORKER_SHARE]: share },
  })
}

/** Wait for a worker's end. Returns why it failed, or undefined. */
function ended(child: ChildProcess, onCounts: (counts: Counts) => void): Promise<string | undefined> {
  return new Promise(resolve => {
    let failure: string | undefined
    child.on('message', (message: WorkerReport) => {
      if ('error' in message) failure = message.error
      else onCounts(message)
    })
    child.on('error', error => resolve(error.message))
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : (failure ?? `it ended early (${signal ?? `exit code ${code}`})`)),
    )
  })
}

/** One progress bar for all workers. It starts when each of them has reported how much it has to do. */
class Board {
  readonly #workers: number
  readonly #first = new Map<number, Counts>()
  readonly #last = new Map<number, Counts>()
  #bar: Progress | undefined

  constructor(workers: number) {
    this.#workers = workers
  }

  update(worker: number, counts: Counts): void {
    if (!this.#first.has(worker)) this.#first.set(worker, counts)
    this.#last.set(worker, counts)
    if (this.#last.size < this.#workers) return
    this.#bar ??= startProgress({ ...counts, total: sum(this.#last, 'total') })
    this.#bar.update(sum(this.#last, 'done'))
  }

  /** How much was done since the workers began. */
  get made(): number {
    return sum(this.#last, 'done') - sum(this.#first, 'done')
  }

  stop(): void {
    this.#bar?.stop()
  }
}

function sum(reports: ReadonlyMap<number, Counts>, key: 'done' | 'total'): number {
  return [...reports.values()].reduce((all, counts) => all + counts[key], 0)
}
