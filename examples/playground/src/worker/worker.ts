import { type Port, serve } from '../rpc.js'
import { Plane } from './plane.js'
import type { PlaneSettings, Progress, TrainingSettings, ViewSettings } from './plane-messages.js'
import { start } from './start.js'

/** Events that the worker sends besides its answers. */
export type Event = { progress: Progress }

const port = globalThis as unknown as Port & { name: string }
const tell = (event: Event) => port.postMessage({ event })

let plane: Plane | undefined

const api = {
  start,

  async newPlane(settings: PlaneSettings) {
    await plane?.dispose()
    plane = new Plane(settings)
    return plane.pairs(0)
  },
  train: (settings: TrainingSettings) => plane?.train(settings, progress => tell({ progress })),
  async reflow() {
    await plane?.reflow()
  },
  stop: () => plane?.stop(),
  pairs: (round: number) => plane?.pairs(round),
  view: (settings: ViewSettings) => plane?.view(settings),
}

export type Api = typeof api

// The workers for images are this script too, under another name: so the page loads tfjs from one file.
if (port.name === 'pixels')
  serve(
    port,
    import('./pixels/api.js').then(({ pixels }) => pixels),
  )
else serve(port, api)
