import { connect, type Port, type Remote, serve } from './rpc.js'
import type { Api, Event } from './worker/api.js'

/** Where the page's computations run. */
export interface Started {
  worker: Remote<Api>
  name: string
  device: string | undefined
  /** What could not be used, and what is used instead; undefined if all is well. */
  notice: string | undefined
}

/** Start the worker; where it can't be loaded, the same functions run in the page, which then waits for them. */
export async function startWorker(
  backend: Parameters<Api['start']>[0],
  onEvent: (event: Event) => void,
): Promise<Started> {
  const port = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' })
  const failed = new Promise<string>(resolve =>
    port.addEventListener('error', event => {
      event.preventDefault()
      resolve(event.message || 'its file could not be loaded')
    }),
  )
  const worker = connect<Api, Event>(port, onEvent)
  const first = await Promise.race([worker.start(backend), failed])
  if (typeof first !== 'string') return { worker, ...first, notice: slow(first) }

  const { inPage } = await hereInstead(onEvent)
  const second = await inPage.start(backend)
  const notice = `The worker can't start (${first}), so everything is computed in the page itself, which stutters.`
  return { worker: inPage, ...second, notice: [notice, slow(second)].filter(Boolean).join(' ') }
}

async function hereInstead(onEvent: (event: Event) => void): Promise<{ inPage: Remote<Api> }> {
  const { createApi } = await import('./worker/api.js')
  const { port1, port2 } = new MessageChannel()
  const port = port2 as unknown as Port
  serve(
    port,
    createApi(event => port.postMessage({ event })),
  )
  const inPage = connect<Api, Event>(port1 as unknown as Port, onEvent)
  port1.start()
  port2.start()
  return { inPage } // a promise of the functions themselves would call their `then`
}

/** Say why plain JavaScript computes, where nothing faster can. */
function slow({ name, skipped }: Awaited<ReturnType<Api['start']>>): string | undefined {
  if (name !== 'cpu' || skipped.length === 0) return undefined
  const reason = skipped.find(one => one.name === 'wasm')?.reason.slice(0, 200)
  return `WebAssembly can't be used (${reason}), so plain JavaScript computes: everything works, many times slower.`
}
