import { Presets, SingleBar } from 'cli-progress'
import { barLine, type Counts, plainLine, speedometer, type Work } from './progress-line.js'
import { isSilent } from './warn.js'
import { isWorker, report } from './worker.js'

/** How often a log says how far the work is. */
const SILENCE_MS = 10_000

export interface Progress {
  /**
   * `done` is how many of all are done now. Call it before the work too, with how many were there already.
   *
   * @param note  what else is known now, such as the loss
   */
  update(done: number, note?: string): void
  stop(): void
}

/** Show the progress of some work until it ends or fails. */
export async function withProgress<T>(
  work: Work,
  run: (update: Progress['update']) => Promise<T>,
): Promise<T> {
  const shown = startProgress(work)
  try {
    return await run(shown.update)
  } finally {
    shown.stop() // the bar's timer would keep a process alive whose work has failed
  }
}

/**
 * A bar on stderr with rate and time left; if stderr is not a terminal, a line every ten seconds and one at the end. A worker
 * reports to its parent, which shows one bar for all.
 */
export function startProgress(work: Work): Progress {
  if (isWorker) return { update: done => report({ ...work, done }), stop() {} }
  if (isSilent()) return { update() {}, stop() {} }
  return process.stderr.isTTY ? bar(work) : lines(work)
}

function bar(work: Work): Progress {
  const at = speedometer(work)
  const single = new SingleBar(
    {
      // Whoever interrupts the command gets back a terminal that shows its cursor and wraps lines.
      ...{ hideCursor: false, linewrap: true, stream: process.stderr },
      format: (_, { maxWidth }, counts: Counts) => barLine(counts, maxWidth),
    },
    Presets.legacy,
  )
  single.start(work.total, 0, { ...work, done: 0 } satisfies Counts)
  return {
    update: (done, note) => single.update(done, at(done, note)),
    stop: () => single.stop(),
  }
}

function lines(work: Work): Progress {
  const at = speedometer(work)
  let [last, said]: (Counts | undefined)[] = []
  const say = () => {
    if (last && last !== said) console.error(plainLine(last))
    said = last
  }
  const timer = setInterval(say, SILENCE_MS).unref()
  return {
    update(done, note) {
      last = at(done, note)
      if (done === work.total) say()
    },
    stop: () => clearInterval(timer),
  }
}
