import { isWorker } from './worker.js'

/** Clears the line of a progress bar, which is drawn again below. */
const CLEAR = '\r\x1b[K'

let [rank, ranks] = [0, 1]

/** From now on this process is one of several that do the same, and only the first of them speaks. */
export function speakAs(own: { rank: number; size: number }): void {
  rank = own.rank
  ranks = own.size
}

/** Whether another process of this job speaks for this one. */
export const isSilent = () => isWorker || rank > 0

/** The process that an error comes from, if there are several. */
export const speaker = () => (ranks > 1 ? `rank ${rank} of ${ranks}: ` : '')

/** Tell something on stderr. Workers are silent, because their parent does the same. */
export function say(message: string): void {
  if (!isSilent()) console.error(`${process.stderr.isTTY ? CLEAR : ''}${message}`)
}

/** Tell on stderr of something that may be meant otherwise. */
export function warn(message: string): void {
  say(`warning: ${message}`)
}
