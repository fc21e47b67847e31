import './style/page.css'
import './style/controls.css'
import './style/labs.css'
import './style/flows.css'
import './style/plane.css'
import './style/pixels.css'
import { bindControls } from './controls.js'
import { announce, element } from './dom.js'
import { linkedSeries } from './linked-series.js'
import { workOffline } from './offline.js'
import { openPixels } from './pixels/open-pixels.js'
import { type Lab, planeLab } from './plane/lab.js'
import { raceLab } from './plane/race.js'
import { tour } from './plane/tour.js'
import { twoFlows } from './plane/two-flows.js'
import { share } from './share.js'
import { startWorker } from './start-worker.js'
import { createStore } from './store.js'
import type { Api } from './worker/api.js'

const hash = location.hash
const store = createStore()
bindControls(document, store)

const parameters = new URLSearchParams(location.search)
// Another backend can be asked for: ?backend=wasm, cpu, webgpu or webgpu-software.
const backend = (parameters.get('backend') ?? undefined) as Parameters<Api['start']>[0]
// ?embed shows the two flows alone, for a frame in another page.
document.documentElement.toggleAttribute('data-embed', parameters.has('embed'))

addEventListener('unhandledrejection', ({ reason }) => announce((reason as Error).message))

let lab: Lab | undefined
let race: ReturnType<typeof raceLab> | undefined

try {
  const { worker, name, device, notice } = await startWorker(backend, event => {
    if ('progress' in event) lab?.onProgress(event.progress)
    else race?.onReport(event.race)
  })
  element('backend').textContent = device ? `${name}: ${device}` : name
  if (notice) {
    element('notice').textContent = notice
    element('notice').hidden = false
  }
  tour(store, await twoFlows(worker, store))
  if (!parameters.has('embed')) {
    lab = planeLab(worker, store, linkedSeries(hash, store.state))
    race = raceLab(worker)
    share(store, lab)
    openPixels(store, backend)
    if (store.state.run === 1) void lab.run()
    // While the page is being developed, no file of it may be kept.
    if (!import.meta.hot) void workOffline(await worker.loaded())
  }
  document.documentElement.dataset.ready = ''
} catch (error) {
  announce(`This browser can't run the playground: ${(error as Error).message}`)
}
