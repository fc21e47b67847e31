import { isWorker } from './worker.js'

/** Tell on stderr of something that may be meant otherwise. Workers are silent, because their parent does the same. */
export function warn(message: string): void {
  if (!isWorker) console.error(`warning: ${message}`)
}
