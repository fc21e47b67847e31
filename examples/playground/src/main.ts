import './style/page.css'
import './style/controls.css'
import './style/labs.css'
import './style/pixels.css'
import { bindControls } from './controls.js'
import { announce, button, element } from './dom.js'
import { openPixels } from './pixels/open-pixels.js'
import { planeLab } from './plane-lab.js'
import { connect } from './rpc.js'
import { toHash } from './state.js'
import { createStore } from './store.js'
import type { Api, Event } from './worker/worker.js'

const store = createStore()
bindControls(document, store)

const port = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' })
const worker = connect<Api, Event>(port, event => plane?.onProgress(event.progress))
let plane: ReturnType<typeof planeLab> | undefined

button('share').addEventListener('click', async () => {
  const link = new URL(`#${toHash(store.state)}`, location.href).href
  await navigator.clipboard.writeText(link).then(
    () => announce('The link is copied.'),
    () => announce(`The link is ${link}`),
  )
})

// Another backend can be asked for: ?backend=wasm, cpu, webgpu or webgpu-software.
const backend = (new URLSearchParams(location.search).get('backend') ?? undefined) as Parameters<
  Api['start']
>[0]

addEventListener('unhandledrejection', ({ reason }) => announce((reason as Error).message))

try {
  const { name, device } = await worker.start(backend)
  element('backend').textContent = device ? `${name}: ${device}` : name
  plane = planeLab(worker, store)
  openPixels(store, backend)
} catch (error) {
  announce(`This browser can't run the playground: ${(error as Error).message}`)
}
