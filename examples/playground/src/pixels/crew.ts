import { connect, type Remote } from '../rpc.js'
import type { PixelsApi } from '../worker/pixels/api.js'
import type { Facts, ReflowReport } from '../worker/pixels/messages.js'
import type { Backend } from '../worker/start.js'

export type PixelsWorker = Remote<PixelsApi>

/** Two workers for images: the quick one draws what follows the pointer, the slow one what takes many network calls. */
export interface Crew {
  quick: PixelsWorker
  slow: PixelsWorker
  /** The backend's name. */
  backend: string
  /** Load a network in both. */
  load(name: string, bytes: ArrayBuffer): Promise<Facts>
}

/** Start a worker for images, and its backend. */
export async function startWorker(
  backend: Backend,
  onReport: (report: ReflowReport) => void = () => {},
): Promise<{ worker: PixelsWorker; backend: string; end(): void }> {
  const port = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module', name: 'pixels' })
  const failed = new Promise<never>((_, reject) =>
    port.addEventListener('error', () => reject(new Error('the script of its worker could not be loaded'))),
  )
  const worker = connect<PixelsApi, ReflowReport>(port, onReport)
  const { name } = await Promise.race([worker.start(backend), failed])
  return { worker, backend: name, end: () => port.terminate() }
}

/** Start both workers. */
export async function startCrew(backend: Backend): Promise<Crew> {
  const [quick, slow] = await Promise.all([startWorker(backend), startWorker(backend)])
  return {
    quick: quick.worker,
    slow: slow.worker,
    backend: quick.backend,
    async load(name, bytes) {
      const [facts] = await Promise.all([quick.worker.load(name, bytes), slow.worker.load(name, bytes)])
      return facts
    },
  }
}

/** The bytes of a file of the page. */
export async function download(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  return response.arrayBuffer()
}
