import { announce, button, canvas, element } from './dom.js'
import type { Lab } from './plane/lab.js'
import { weightsToText } from './plane/series-text.js'
import { toHash } from './state.js'
import type { Store } from './store.js'

/** Size of pictures and videos: two panels side by side, and a line of text. */
const [PANEL, GAP, FOOT] = [620, 20, 60]

/** The menu of ways to share: links, a picture, a video, code for another page. */
export function share(store: Store, lab: Lab): void {
  const link = (hash: string) => {
    const url = new URL(location.href)
    url.hash = hash
    return url.href
  }
  const copy = (text: string, what: string) =>
    navigator.clipboard.writeText(text).then(
      () => announce(`${what} is copied.`),
      () => announce(`${what}: ${text}`),
    )
  const on = (id: string, act: () => unknown) =>
    button(id).addEventListener('click', () => {
      element('share-menu').hidePopover()
      void act()
    })

  on('share-link', () => copy(link(toHash(store.state)), 'The link'))
  on('share-run', () => copy(link(toHash({ ...store.state, run: 1 })), 'The link that trains by itself'))
  on('share-flow', async () => {
    const series = await lab.series()
    if (!series) return announce('There is no trained flow yet: press Train first.')
    const flow = series.rounds.map(weightsToText).join('.')
    const hash = toHash({ ...store.state, ...series, run: 0 })
    return copy(link([hash, `flow=${flow}`].filter(Boolean).join('&')), 'The link with the trained flow')
  })
  on('share-embed', () => {
    const url = new URL(location.pathname, location.href)
    url.search = 'embed'
    return copy(
      `<iframe src="${url.href}" width="720" height="480" title="Rectified flows" loading="lazy" style="border:0"></iframe>`,
      'The code',
    )
  })
  on('share-picture', async () => {
    const sheet = document.createElement('canvas')
    compose(sheet, panelsInView())
    const blob = await new Promise<Blob | null>(resolve => sheet.toBlob(resolve))
    if (blob) save(blob, 'rectified-flow.png')
  })
  on('share-video', () => video(lab))
}

/** The panels of the laboratory once something is trained there, else those at the page's top. */
function panelsInView(): [HTMLCanvasElement, HTMLCanvasElement] {
  const trained = document.documentElement.hasAttribute('data-trained')
  return trained ? [canvas('pairs'), canvas('paths')] : [canvas('left'), canvas('right')]
}

/** Copy two panels onto a sheet, in the colours of the page. */
function compose(sheet: HTMLCanvasElement, panels: readonly HTMLCanvasElement[]): void {
  const [width, height] = [2 * PANEL + 3 * GAP, PANEL + GAP + FOOT]
  if (sheet.width !== width) Object.assign(sheet, { width, height })
  const context = sheet.getContext('2d')!
  const style = getComputedStyle(document.documentElement)
  context.fillStyle = style.getPropertyValue('--paper')
  context.fillRect(0, 0, width, height)
  for (const [i, panel] of panels.entries()) {
    const left = GAP + i * (PANEL + GAP)
    context.fillStyle = style.getPropertyValue('--card')
    context.fillRect(left, GAP, PANEL, PANEL)
    context.drawImage(panel, left, GAP, PANEL, PANEL)
  }
  context.fillStyle = style.getPropertyValue('--soft')
  context.font = '22px system-ui, sans-serif'
  context.fillText('Rectified flows, in your browser', GAP, height - 22)
  context.textAlign = 'right'
  context.fillText('arXiv 2405.20320', width - GAP, height - 22)
  context.textAlign = 'left'
}

/** Record the time-lapse of the laboratory if there is one, else four seconds of the flows at the top. */
async function video(lab: Lab): Promise<void> {
  const type = ['video/mp4', 'video/webm'].find(one => globalThis.MediaRecorder?.isTypeSupported(one))
  if (!type) return announce("This browser can't record a video.")
  const panels = panelsInView()
  const sheet = document.createElement('canvas')
  compose(sheet, panels)
  const recorder = new MediaRecorder(sheet.captureStream(30), { mimeType: type, videoBitsPerSecond: 6e6 })
  const parts: Blob[] = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const ended = new Promise(resolve => {
    recorder.onstop = resolve
  })
  announce('Recording…')
  recorder.start()
  let recording = true
  const tick = () => {
    compose(sheet, panels)
    if (recording) requestAnimationFrame(tick)
  }
  tick()
  if (panels[1].id === 'paths') await lab.replay()
  else await new Promise(resolve => setTimeout(resolve, 4000))
  recording = false
  recorder.stop()
  await ended
  save(new Blob(parts, { type }), `rectified-flow.${type.slice(6)}`)
  announce('The video is saved.')
}

function save(blob: Blob, name: string): void {
  const anchor = document.createElement('a')
  anchor.href = URL.createObjectURL(blob)
  anchor.download = name
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000)
}
