import { connect, type Remote } from '../rpc.js'
import type { PixelsApi } from '../worker/pixels/api.js'
import type { Facts, ReflowReport } from '../worker/pixels/messages.js'
import type { Backend } from '../worker/start.js'

export type PixelsWorker = Remote<PixelsApi>

/** At most this many workers draw the wall of faces; a worker takes about 60 MB. */
const MOST_PAINTERS = 4

/** Workers for images: the quick one draws what follows the pointer, the slow one what takes many network calls. */
export interface Crew {
  quick: PixelsWorker
  slow: PixelsWorker
  /** These two, and those that `addPainters` has added. */
  painters: readonly PixelsWorker[]
  /** The backend's name. */
  backend: string
  /** Load a network in both. */
  load(name: string, bytes: ArrayBuffer): Promise<Facts>
  /** Start more workers where the machine has cores for them. They get this network alone. */
  addPainters(name: string, bytes: ArrayBuffer): Promise<void>
}

/** Start a worker for images, and its backend. One that gets all cores is for training. */
export async function startWorker(
  backend: Backend,
  cores: 'one' | 'all' = 'one',
  onReport: (report: ReflowReport) => void = () => {},
): Promise<{ worker: PixelsWorker; backend: string; device: string | undefined; end(): void }> {
  const port = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module', name: 'pixels' })
  const failed = new Promise<never>((_, reject) =>
    port.addEventListener('error', () => reject(new Error('the script of its worker could not be loaded'))),
  )
  const worker = connect<PixelsApi, ReflowReport>(port, onReport)
  const { name, device } = await Promise.race([worker.start(backend, cores), failed])
  return { worker, backend: name, device, end: () => port.terminate() }
}

/** Start both workers. */
export async function startCrew(backend: Backend): Promise<Crew> {
  const [quick, slow] = await Promise.all([startWorker(backend), startWorker(backend)])
  const painters = [quick.worker, slow.worker]
  return {
    quick: quick.worker,
    slow: slow.worker,
    painters,
    backend: quick.backend,
    async load(name, bytes) {
      const [facts] = await Promise.all([quick.worker.load(name, bytes), slow.worker.load(name, bytes)])
      return facts
    },
    async addPainters(name, bytes) {
      if (quick.backend !== 'wasm') return // workers on a GPU would share it
      const free = navigator.hardwareConcurrency - 1 // the page itself takes one
      while (painters.length < Math.min(MOST_PAINTERS, free)) {
        const { worker } = await startWorker(backend)
        await worker.load(name, bytes)
        painters.push(worker)
      }
    },
  }
}

/** The bytes of a file of the page. */
export async function download(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  return response.arrayBuffer()
}
