import { type ChildProcess, fork } from 'node:child_process'
import { Option } from 'commander'
import { parseInteger } from './parse.js'
import { type Progress, progress } from './progress.js'
import type { Shard } from './shard.js'
import { isWorker, WORKER_SHARE, type WorkerReport } from './worker.js'

/** Backends that leave other cores idle. */
const CPU_BACKENDS: readonly string[] = ['wasm', 'cpu']
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** `--workers n`, for commands that take `--shard`. */
export function workersOption(): Option {
  return new Option('--workers <n>', 'processes on this machine that share the work, on wasm and cpu')
    .argParser(parseInteger(1))
    .default(1)
}

/** Whether this process is to start workers rather than to work. */
export const wantsWorkers = (workers: number): boolean => workers > 1 && !isWorker

type Counts = Exclude<WorkerReport, { error: string }>

/**
 * Run this process's own command line in `workers` processes, each with a share of `shard`, under one progress bar. If
 * one fails the others are stopped; signals are passed on, and end this process once all have ended.
 *
 * @param backend  the name of the active one
 * @returns        how much the workers did, in the unit of their progress
 */
export async function runWorkers(workers: number, shard: Shard, backend: string): Promise<number> {
  if (!CPU_BACKENDS.includes(backend))
    throw new RangeError(
      `--workers must be 1 on backend '${backend}', which has the whole machine at work from one process, got ${workers}. ` +
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
  if (stoppedBy) process.kill(process.pid, stoppedBy) // and end as a process without workers does
  if (stoppedBy || failure) throw new Error(failure ?? `stopped by ${stoppedBy}`)
  return board.made
}

/** Share i of n of a share: every part of it that leaves i, so that no one has to know what others do. */
function shareOf({ index, count }: Shard, i: number, n: number): string {
  return `${index + count * i}/${count * n}`
}

function start(share: string): ChildProcess {
  return fork(process.argv[1]!, process.argv.slice(2), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, [WORKER_SHARE]: share },
  })
}

/** Waits for a worker's end. Why it failed, or nothing. */
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

/** What all workers have done, in one bar that begins when each has said how much it has to do. */
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
    this.#bar ??= progress(counts.title, sum(this.#last, 'total'), counts.unit)
    this.#bar.update(sum(this.#last, 'done'))
  }

  /** Done since the workers began. */
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
