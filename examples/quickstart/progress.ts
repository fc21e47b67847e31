import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import type { Job } from './job.js'
import type { Watcher } from './processes.js'

/** On a terminal, bars with the rate and the time left; elsewhere, a plain line for each quarter of a job. */
export function watcher(unit: string): Watcher & { stop(): void } {
  return process.stderr.isTTY ? bars(unit) : lines(unit)
}

function bars(unit: string): Watcher & { stop(): void } {
  const format = `{title} [{bar}] {value}/{total} ${unit}  {rate} ${unit}/s  {left} s left`
  const multi = new MultiBar(
    { format, hideCursor: true, clearOnComplete: false, stream: process.stderr },
    Presets.legacy,
  )
  const open = new Map<Job, { bar: SingleBar; begin: number; from: number }>()
  return {
    start(job) {
      const bar = multi.create(1, 0, { title: job.title.padEnd(28), rate: '-', left: '-' })
      open.set(job, { bar, begin: 0, from: 0 })
    },
    progress(job, done, total) {
      const entry = open.get(job)
      if (!entry) return
      // The first report comes before the work. A resumed job doesn't begin at 0.
      if (entry.begin === 0) Object.assign(entry, { begin: Date.now(), from: done })
      const rate = (done - entry.from) / ((Date.now() - entry.begin) / 1000 || 1)
      entry.bar.setTotal(total)
      entry.bar.update(done, {
        rate: rate.toFixed(1),
        left: rate > 0 ? ((total - done) / rate).toFixed(0) : '-',
      })
    },
    end(job) {
      open.get(job)?.bar.stop()
    },
    stop: () => multi.stop(),
  }
}

function lines(unit: string): Watcher & { stop(): void } {
  const quarters = new Map<Job, number>()
  const begins = new Map<Job, number>()
  return {
    start(job) {
      begins.set(job, Date.now())
    },
    progress(job, done, total) {
      const quarter = Math.floor((4 * done) / total)
      if (quarter <= (quarters.get(job) ?? 0)) return
      quarters.set(job, quarter)
      const seconds = (Date.now() - begins.get(job)!) / 1000
      console.error(`${job.title}: ${done}/${total} ${unit}, ${seconds.toFixed(0)} s`)
    },
    end() {},
    stop() {},
  }
}
