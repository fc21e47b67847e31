import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import type { Job } from './job.js'
import type { Watcher } from './processes.js'

const SILENCE_MS = 10_000
/** The columns of a bar's line besides the bar. */
const WORDS = 68

/** On a terminal, bars with the rate and the time left; elsewhere, a line for each job every ten seconds and at its end. */
export function watcher(unit: string): Watcher & { stop(): void } {
  return process.stderr.isTTY ? bars(unit) : lines(unit)
}

function bars(unit: string): Watcher & { stop(): void } {
  const multi = new MultiBar(
    {
      format: `{title} [{bar}] {value}/{total} ${unit}  {rate}/s  {left} s left`,
      barsize: Math.max(4, Math.min((process.stderr.columns || 80) - WORDS, 40)),
      ...{ hideCursor: true, clearOnComplete: false, stream: process.stderr },
    },
    Presets.legacy,
  )
  const open = new Map<Job, { bar: SingleBar; begin: number; from: number }>()
  return {
    start(job) {
      const bar = multi.create(1, 0, { title: job.title.padEnd(24), rate: '-', left: '-' })
      open.set(job, { bar, begin: 0, from: 0 })
    },
    progress(job, done, total) {
      const entry = open.get(job)
      if (!entry) return
      // The first report comes before the work. A resumed job doesn't begin at 0.
      if (entry.begin === 0) {
        Object.assign(entry, { begin: Date.now(), from: done })
        if (done > 0) multi.log(`${continues(job, done, total, unit)}\n`)
      }
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
  const running = new Map<Job, { begin: number; text?: string }>()
  const say = (job: Job) => {
    const { begin, text } = running.get(job)!
    if (text) console.error(`${job.title}: ${text}, ${((Date.now() - begin) / 1000).toFixed(0)} s`)
  }
  const timer = setInterval(() => {
    for (const job of running.keys()) say(job)
  }, SILENCE_MS)
  return {
    start(job) {
      running.set(job, { begin: Date.now() })
    },
    progress(job, done, total) {
      const entry = running.get(job)
      if (!entry) return
      if (!entry.text && done > 0) console.error(continues(job, done, total, unit))
      entry.text = `${done}/${total} ${unit}`
    },
    end(job) {
      say(job)
      running.delete(job)
    },
    stop: () => clearInterval(timer),
  }
}

const continues = ({ title }: Job, done: number, total: number, unit: string) =>
  `${title} continues at ${done} of ${total} ${unit}`
