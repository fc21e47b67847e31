import { announce, button, canvas, element } from '../dom.js'
import type { ReflowPlan, ReflowReport } from '../worker/pixels/messages.js'
import type { Backend } from '../worker/start.js'
import { type Crew, startWorker } from './crew.js'
import { teacherBytes } from './digit-networks.js'
import { type Grid, paintImages, sizeForImages } from './paint-images.js'

const PLAN: ReflowPlan = { pairs: 1024, pairSteps: 16, steps: 150, batch: 64, learningRate: 5e-4, seed: 1 }
/** A training step costs this many times a drawing of its batch: measured on wasm. */
const STEP_COST = 6
const GRID: Grid = { side: 14, channels: 1, columns: 6, rows: 4 }
/** Seed, indices and size of the noises of the pictures. */
const FIXED = [7, [...Array(24).keys()], GRID.side ** 2] as const

/** One round of Reflow in the tab, in a worker of its own: a picture of fixed noises improves while it trains. */
export function digitTraining(
  crew: Crew,
  backend: Backend,
  use: (bytes: ArrayBuffer, name: string) => Promise<void>,
): { onSpeed(msPerImage: number): void; paint(): void } {
  const toggle = button('straighten')
  const [useIt, saveIt] = [button('use-trained'), button('save-trained')]
  let end: (() => void) | undefined
  let estimate = ''
  let student: Uint8Array<ArrayBuffer> | undefined
  const shown = new Map<string, Float32Array>()

  function paint(): void {
    for (const [id, images] of shown) {
      sizeForImages(canvas(id), GRID)
      paintImages(canvas(id), images, GRID)
    }
  }
  function say(text: string): void {
    element('straighten-status').textContent = text
  }

  /** What the teacher draws in many calls, which a student shall reach, and in one call, where it starts. */
  async function showStart(): Promise<void> {
    const noise = await crew.slow.normals(...FIXED)
    for (const [id, steps] of [
      ['own-teacher', PLAN.pairSteps],
      ['own-student', 1],
    ] as const)
      shown.set(id, (await crew.slow.draw('teacher', noise, { steps })).values)
    paint()
  }

  let since = 0
  function onReport({ phase, done, total, loss, images }: ReflowReport): void {
    if (done === 0) since = performance.now() // the steps' time begins
    if (images) shown.set('own-student', images)
    paint()
    element<HTMLProgressElement>('straighten-progress').value =
      phase === 'pairs' ? (0.2 * done) / total : 0.2 + (0.8 * done) / total
    const left = ((performance.now() - since) / Math.max(1, done)) * (total - done)
    const rest = done > 0 ? `, ${duration(left)} left` : ''
    if (phase === 'pairs') say(`The teacher makes pairs: ${done} of ${total}${rest}.`)
    else say(`Step ${done} of ${total}${loss === undefined ? '' : `, loss ${loss.toFixed(3)}`}${rest}.`)
  }

  async function run(): Promise<void> {
    toggle.textContent = 'Stop'
    element('straighten-progress').hidden = false
    element('own-title').textContent = 'Your student'
    useIt.hidden = saveIt.hidden = true
    say('Starting…')
    try {
      const started = await startWorker(backend, 'all', onReport)
      end = started.end
      const { worker, device } = started
      element('straighten-estimate').textContent =
        `It trains on ${started.backend}${device ? `, ${device}` : ''}, while the page stays open.`
      const bytes = await teacherBytes()
      const noise = await worker.normals(...FIXED)
      since = performance.now()
      student = (await worker.reflow(bytes, PLAN, noise)) as Uint8Array<ArrayBuffer>
      const text = 'Your student is trained: it draws in one call.'
      say(text)
      announce(text)
      useIt.hidden = saveIt.hidden = false
    } catch (error) {
      say(`Training ended: ${(error as Error).message}`)
      announce(`Training ended: ${(error as Error).message}`)
    } finally {
      stop()
    }
  }

  /** The worker only trains: ending it stops at once, and frees all. */
  function stop(): void {
    end?.()
    end = undefined
    element('straighten-estimate').textContent = estimate
    toggle.textContent = student ? 'Train again' : 'Train a student'
    toggle.disabled = false
    element('straighten-progress').hidden = true
  }

  toggle.addEventListener('click', () => {
    if (toggle.textContent !== 'Stop') return void run()
    if (!end) return
    stop()
    say('Stopped.')
  })
  useIt.addEventListener('click', async () => {
    if (!student) return
    await use(student.slice().buffer, 'Your student')
    button('shipped').hidden = false
    element('digits').scrollIntoView()
  })
  saveIt.addEventListener('click', () => {
    if (!student) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([student]))
    link.download = 'my-student.safetensors'
    link.click()
    URL.revokeObjectURL(link.href)
  })

  return {
    onSpeed(ms) {
      if (shown.size === 0) void showStart()
      const { pairs, pairSteps, steps, batch } = PLAN
      const time = duration(ms * (pairs * pairSteps + steps * batch * STEP_COST))
      estimate = `On this machine (${crew.backend}) this takes about ${time}, while the page stays open.`
      if (!end) element('straighten-estimate').textContent = estimate
    },
    paint,
  }
}

/** A duration in words. */
function duration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 55) return `${Math.max(5, 5 * Math.round(seconds / 5))} seconds`
  const minutes = Math.round(seconds / 60)
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
}
