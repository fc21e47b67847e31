import { CALLS } from '../choices.js'
import { announce, button, calm, canvas, element, onTheme } from '../dom.js'
import { latest, type Remote } from '../rpc.js'
import type { State } from '../state.js'
import type { Store } from '../store.js'
import type { Api } from '../worker/api.js'
import type { Paths, Progress } from '../worker/plane-messages.js'
import { drawnPad } from './drawn-pad.js'
import { film } from './film.js'
import { flows } from './flows.js'
import { measuring } from './measuring.js'
import { drawParticles, drawPaths, surface } from './paint.js'
import { paintLoss } from './paint-loss.js'
import { pathLayer } from './path-layer.js'
import { player } from './player.js'
import { forgetSeries, keepSeries } from './saved.js'
import type { Series } from './series-text.js'

/** Training steps of one press of Train or of Reflow. */
const STEPS = { train: 1200, reflow: 800 }
/** Every how many reports the progress is announced: screen readers need time to speak. */
const SPOKEN_EVERY = 20
const LINES = 200
/** Lines of pictures that change with every frame. */
const MOVING_LINES = 120
/** Pairs that are shown, as many as particles: x and y of each. */
const SHOWN_PAIRS = 2 * 512

export interface Lab {
  onProgress(progress: Progress): void
  /** The series as it is trained; undefined before. */
  series(): Promise<Series | undefined>
  /** Train a flow and straighten it, once. */
  run(): Promise<void>
  /** Play the time-lapse; resolves when it has ended. */
  replay(): Promise<void>
}

/** The laboratory: a flow in the plane. The worker trains and straightens it; this part of the page shows it. */
export function planeLab(worker: Remote<Api>, store: Store, kept: Series | undefined): Lab {
  let view: Paths | undefined
  let callsText = ''
  let losses: number[] = []
  let reports = 0
  let busy: 'no' | 'pairs' | 'training' = 'no'
  /** Number of times that the flow was started over. Results that belong to an earlier number are ignored. */
  let series = 0
  /** A trained series that another one has replaced. */
  let replaced: Series | undefined
  /** Whether the picture shows the film rather than the selected flow. */
  let filming = false

  const time = player('time', {
    durationMs: () => 2400,
    text: done => `t = ${(1 - done).toFixed(2)}`,
    onChange: paint,
  })
  const reel = film(() => {
    filming = true
    paintPaths()
  })
  const list = flows(() => {
    filming = false
    void showPairs()
    look()
  })
  const measure = measuring(worker, store, list, { idle: () => busy === 'no' })

  const settings = ({ data, ink, seed } = store.state) => ({ data, ink, seed })
  const look = latest(async () => {
    const begun = series
    const { solver, nfe } = store.state
    const seen = await worker.view('lab', { round: list.selected, solver, nfe })
    if (!seen || begun !== series) return
    view = seen
    const calls = (seen.length - 1) * CALLS[solver]
    callsText = `${calls} network ${calls === 1 ? 'call' : 'calls'}`
    paint()
  })

  const layers = { pairs: pathLayer(LINES), paths: pathLayer(LINES) }
  let lines: Paths | undefined
  function paint(): void {
    draw('pairs', lines)
    paintPaths()
  }

  function paintPaths(): void {
    const moving = filming ? reel.paths() : undefined
    element('paths-nfe').textContent = moving ? '16 network calls' : callsText
    if (!moving) draw('paths', view)
    else {
      const on = surface(canvas('paths'))
      drawPaths(on, moving, MOVING_LINES, 0.5)
      drawParticles(on, moving, time.done, { tails: time.playing })
    }
  }

  function draw(id: keyof typeof layers, paths: Paths | undefined): void {
    const on = surface(canvas(id))
    if (!paths) return
    layers[id](on, paths, 0.5)
    drawParticles(on, paths, time.done, { tails: time.playing })
  }

  function paintAll(): void {
    paint()
    paintLoss(canvas('loss'), losses)
  }

  async function showPairs(): Promise<void> {
    const { selected } = list
    const pairs = isEmpty() ? undefined : await worker.pairs('lab', selected)
    lines = pairs && [pairs.z.subarray(0, SHOWN_PAIRS), pairs.x.subarray(0, SHOWN_PAIRS)]
    element('pairs-title').textContent =
      selected === 0 ? 'What it learns: random pairs' : `What it learns: pairs of the ${selected}-RF`
    paint()
  }

  /** Begin a series: a new one, or one that has been trained before. */
  async function begin(trained?: Series): Promise<void> {
    const begun = ++series
    await worker.stop()
    await worker.open('lab', settings(), trained?.rounds)
    if (begun !== series) return
    losses = []
    filming = false
    view = undefined
    paintLoss(canvas('loss'), losses)
    reel.clear()
    list.reset(trained?.rounds.length ?? 0)
    element('loss-now').textContent = '–'
    for (const id of ['speed', 'verdict']) element(id).textContent = ''
    showBusy('no')
    await showPairs()
    look()
    measure()
  }
  let next: Series | undefined
  const rebuild = latest(async () => {
    const trained = next
    next = undefined
    await begin(trained)
  })

  /** Keep a trained series before another replaces it. */
  async function setAside(): Promise<void> {
    if (!list.all[0]?.trained) return
    replaced = await trainedSeries()
    button('back').hidden = replaced === undefined
  }
  let opened: State = store.state
  async function trainedSeries(): Promise<Series | undefined> {
    const rounds = await worker.save()
    return rounds && rounds.length > 0 ? { ...settings(opened), rounds } : undefined
  }

  async function run(kind: keyof typeof STEPS): Promise<void> {
    const begun = series
    const { timesteps, loss } = store.state
    reports = 0
    try {
      if (kind === 'reflow') {
        showBusy('pairs')
        announce('The flow makes pairs of its own.')
        const made = await worker.reflow()
        if (begun !== series) return
        if (!made) return announce('Stopped, before the pairs were made.')
        list.add()
        await showPairs()
      } else if (list.selected !== list.last) list.select(list.last)
      losses = []
      list.show(list.last, { straightness: undefined, errors: [], ruled: [] })
      element('loss-kind').textContent = `(${loss === 'squaredL2' ? 'squared L2' : 'pseudo-Huber'})`
      showBusy('training')
      bringIntoView()
      await worker.train({ steps: STEPS[kind], timesteps, loss })
      if (begun !== series) return
      list.show(list.last, { trained: true })
      filming = false
      look()
      const done = await trainedSeries()
      if (done) keepSeries(done)
      announce(`The ${list.last + 1}-RF is trained: its loss is ${losses.at(-1)?.toFixed(3)}.`)
      if (!calm()) {
        time.set(0)
        time.play()
      }
    } catch (error) {
      if (begun === series) announce(`Training ended: ${(error as Error).message}`)
    } finally {
      if (begun === series) {
        showBusy('no')
        measure()
      }
    }
  }

  /** Whether the data are to be drawn, and nothing is drawn yet. */
  const isEmpty = () => store.state.data === 'drawn' && !store.state.ink.includes(true)

  /** Scroll as little as needed to see what trains. */
  function bringIntoView(): void {
    element('panels').scrollIntoView({ block: 'nearest', behavior: calm() ? 'auto' : 'smooth' })
  }

  function showBusy(now: typeof busy): void {
    const focused = document.activeElement
    busy = now
    const trained = list.all[list.last]?.trained
    const empty = isEmpty()
    const train = button('train')
    train.disabled = empty
    train.textContent = now !== 'no' ? 'Stop' : trained ? 'Train on' : 'Train'
    button('reflow').disabled = now !== 'no' || !trained
    button('restart').disabled = false
    element('pad-hint').hidden = !empty
    // A disabled button loses the focus, and with it the keyboard its place.
    if (focused instanceof HTMLButtonElement && focused.disabled) train.focus({ preventScroll: true })
    document.documentElement.toggleAttribute('data-trained', trained === true && now === 'no')
  }

  button('train').addEventListener('click', event => {
    if (event.detail > 1) return // the second click of a double click isn't meant to stop
    if (busy === 'no') void run('train')
    else void worker.stop()
  })
  button('reflow').addEventListener('click', () => void run('reflow'))
  button('restart').addEventListener('click', async () => {
    await setAside()
    forgetSeries()
    rebuild()
  })
  button('back').addEventListener('click', () => {
    if (!replaced) return
    const { rounds, ...before } = replaced
    next = replaced
    replaced = undefined
    button('back').hidden = true
    button('train').focus({ preventScroll: true })
    keepSeries({ ...before, rounds })
    store.change(before)
    opened = store.state
    rebuild()
  })

  /** The slider takes only as many calls as whole steps of the solver make. */
  function showCalls({ solver, nfe }: State): void {
    const slider = element<HTMLInputElement>('nfe')
    const calls = CALLS[solver]
    slider.min = slider.step = String(calls)
    const whole = Math.max(calls, Math.floor(nfe / calls) * calls)
    slider.value = String(whole)
    if (whole !== nfe) store.change({ nfe: whole })
  }

  store.listen(async (state, changed) => {
    if (changed.has('solver')) showCalls(state)
    const drawn = changed.has('ink') && state.data === 'drawn'
    if (changed.has('data') || changed.has('seed') || drawn) {
      if (next) return // a series comes back
      await setAside()
      opened = store.state
      rebuild()
    } else if (changed.has('nfe') || changed.has('solver')) {
      filming = false
      look()
      if (changed.has('solver')) measure()
    }
  })
  drawnPad(store)
  showCalls(store.state)
  new ResizeObserver(paintAll).observe(canvas('paths'))
  onTheme(paintAll)
  next = kept
  const ready = rebuild()

  return {
    onProgress({ round, step, steps, loss, stepMs, frame }) {
      if (round !== list.last || busy !== 'training') return
      losses.push(loss)
      element('speed').textContent = `${stepMs.toFixed(1)} ms a step`
      element('loss-now').textContent = loss.toFixed(3)
      reel.add({ round, step, paths: frame }, 20 * stepMs)
      paintLoss(canvas('loss'), losses)
      if (reports++ % SPOKEN_EVERY === 0) announce(`Step ${step} of ${steps}, loss ${loss.toFixed(3)}.`)
    },
    series: trainedSeries,
    async run() {
      await ready
      await run('train')
      if (list.all[0]?.trained) await run('reflow')
    },
    async replay() {
      reel.player.set(0)
      reel.player.play()
      while (reel.player.playing) await new Promise(requestAnimationFrame)
    },
  }
}
