import { type Port, serve } from '../rpc.js'
import { type Api, createApi, type Event } from './api.js'

export type { Api, Event }

const port = globalThis as unknown as Port & { name: string }

// The workers for images are this script too, under another name: so the page loads tfjs from one file.
if (port.name === 'pixels')
  serve(
    port,
    import('./pixels/api.js').then(({ pixels }) => pixels),
  )
else
  serve(
    port,
    createApi(event => port.postMessage({ event })),
  )
