/** What a worker of `--workers` tells its parent. */
export type WorkerReport = { title: string; unit: string; done: number; total: number } | { error: string }

/** The variable that makes a process a worker: the share, i/n, that it does of the work of its command line. */
export const WORKER_SHARE = 'RECTIFIED_FLOW_WORKER_SHARE'

/** Whether this process is a worker, which reports to its parent and leaves the rest of the command to it. */
export const isWorker = process.env[WORKER_SHARE] !== undefined

export function report(message: WorkerReport): void {
  process.send?.(message, undefined, undefined, () => {}) // a parent that is gone is followed, below
}

/** A worker ends when its parent does, however that ended, and is not kept alive by it. */
export function followParent(): void {
  process.on('disconnect', () => process.exit(1))
  process.channel?.unref()
}
