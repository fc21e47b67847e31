import { isWorker } from './worker.js'

/** Clears the line of a progress bar, which is drawn again below. */
const CLEAR = '\r\x1b[K'

/** Tell something on stderr. Workers are silent, because their parent does the same. */
export function say(message: string): void {
  if (!isWorker) console.error(`${process.stderr.isTTY ? CLEAR : ''}${message}`)
}

/** Tell on stderr of something that may be meant otherwise. */
export function warn(message: string): void {
  say(`warning: ${message}`)
}
