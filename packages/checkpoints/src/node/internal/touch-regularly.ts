import { Worker } from 'node:worker_threads'

// In a thread of its own: a long computation on a synchronous backend leaves the main thread no time for it. It is text, so
// that it needs no file of its own, which bundlers would have to find.
const PROGRAM = `
  const { utimesSync } = require('node:fs')
  const { path, everyMs } = require('node:worker_threads').workerData
  setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date())
    } catch {} // the file was taken away; its owner notices that itself
  }, everyMs)
`

/** Renew a file's modification time until the returned function is called or the process ends, which this doesn't delay. */
export function touchRegularly(path: string, everyMs: number): () => Promise<unknown> {
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { path, everyMs },
    execArgv: [],
    stdin: false,
  })
  worker.on('error', () => {})
  worker.unref()
  return () => worker.terminate()
}
