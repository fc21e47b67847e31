/** What a worker of `--workers` reports to its parent. */
export type WorkerReport = { title: string; unit: string; done: number; total: number } | { error: string }

/** The environment variable that makes a process a worker. Its value is the worker's share of the work, i/n. */
export const WORKER_SHARE = 'RECTIFIED_FLOW_WORKER_SHARE'

/** Whether this process is a worker: it does only its share, and reports to its parent, which does the rest of the command. */
export const isWorker = process.env[WORKER_SHARE] !== undefined

export function report(message: WorkerReport): void {
  process.send?.(message, undefined, undefined, () => {}) // fails if the parent has ended; then followParent ends this process
}

/** End this worker when its parent ends, for whatever reason. The channel to the parent does not keep the worker alive. */
export function followParent(): void {
  process.on('disconnect', () => process.exit(1))
  process.channel?.unref()
}
