import { Presets, SingleBar } from 'cli-progress'
import { isWorker, report } from './worker.js'

export interface Progress {
  /** `done` is how many of all are done now. Call it before the work too, with how many were there already. */
  update(done: number): void
  stop(): void
}

/**
 * A bar on stderr with rate and time left; if stderr is not a terminal, a plain line for each tenth. A worker reports to its
 * parent, which shows one bar for all.
 */
export function progress(title: string, total: number, unit: string): Progress {
  if (isWorker) return { update: done => report({ title, unit, done, total }), stop() {} }
  return process.stderr.isTTY ? bar(title, total, unit) : lines(title, total, unit)
}

function bar(title: string, total: number, unit: string): Progress {
  const format = `${title} [{bar}] {value}/{total} ${unit}  {rate} ${unit}/s  {left} s left`
  const single = new SingleBar({ format, hideCursor: true, stream: process.stderr }, Presets.legacy)
  const speed = speedometer(total)
  single.start(total, 0, { rate: '-', left: '-' })
  return { update: done => single.update(done, speed(done)), stop: () => single.stop() }
}

function lines(title: string, total: number, unit: string): Progress {
  const speed = speedometer(total)
  let tenth = 0
  return {
    update(done) {
      const { rate, left } = speed(done)
      const now = Math.floor((10 * done) / (total || 1))
      if (now <= tenth) return
      tenth = now
      console.error(`${title}: ${done}/${total} ${unit}, ${rate} ${unit}/s, ${left} s left`)
    },
    stop() {},
  }
}

function speedometer(total: number): (done: number) => { rate: string; left: string } {
  let begin: { at: number; done: number } | undefined
  return done => {
    begin ??= { at: performance.now(), done }
    const rate = (done - begin.done) / ((performance.now() - begin.at) / 1000)
    if (!(rate > 0) || !Number.isFinite(rate)) return { rate: '-', left: '-' }
    return {
      rate: rate >= 10 ? rate.toFixed(0) : rate.toPrecision(2),
      left: ((total - done) / rate).toFixed(0),
    }
  }
}
