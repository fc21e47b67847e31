import { DRAWN_SIDE } from './choices.js'
import { announce, button, calm, canvas, element, onTheme } from './dom.js'
import { inkPad } from './ink-pad.js'
import { paintLoss } from './paint-loss.js'
import { paintPaths } from './paint-plane.js'
import { rounds } from './rounds.js'
import { latest, type Remote } from './rpc.js'
import type { State } from './state.js'
import type { Store } from './store.js'
import { timeline } from './timeline.js'
import type { PairsView, Progress, View } from './worker/plane-messages.js'
import type { Api } from './worker/worker.js'

/** Training steps of one press of Train or of Reflow. */
const STEPS = { train: 1200, reflow: 800 }
/** Every how many reports the progress is announced: screen readers need time to speak. */
const SPOKEN_EVERY = 25

/** The 2-D lab: a flow in the plane. The worker trains and straightens it; this part of the page shows it. */
export function planeLab(worker: Remote<Api>, store: Store): { onProgress(progress: Progress): void } {
  let pairs: PairsView | undefined
  let view: View | undefined
  let losses: number[] = []
  let reports = 0
  let busy = false
  /** Number of times that the flow was started over. Results that belong to an earlier number are ignored. */
  let series = 0
  const time = timeline(paint)
  const list = rounds(() => {
    void showPairs()
    look()
  })

  const look = latest(async () => {
    const { solver, nfe } = store.state
    const seen = await worker.view({ round: list.selected, solver, nfe })
    if (seen) show(list.selected, seen)
  })

  function show(round: number, seen: View): void {
    list.show(round, {
      straightness: seen.straightness,
      oneStepDistance: seen.oneStepDistance,
      distance: seen.distance,
    })
    if (round !== list.selected) return
    view = seen
    element('error-nfe').textContent = `@${seen.nfe}`
    element('paths-nfe').textContent = `${seen.nfe} network ${seen.nfe === 1 ? 'call' : 'calls'}`
    paintView()
  }

  function paintView(): void {
    if (view) paintPaths(canvas('paths'), view.states, time.done)
  }

  function paint(): void {
    if (pairs) paintPaths(canvas('pairs'), [pairs.z, pairs.x], time.done)
    paintView()
    paintLoss(canvas('loss'), losses)
  }

  async function showPairs(): Promise<void> {
    pairs = await worker.pairs(list.selected)
    element('pairs-title').textContent =
      list.selected === 0
        ? 'What it learns: random pairs'
        : `What it learns: pairs of the ${list.selected}-RF`
    paint()
  }

  const rebuild = latest(async () => {
    const { data, ink, seed } = store.state
    series++
    await worker.newPlane({ data, ink, seed })
    losses = []
    list.reset()
    await showPairs()
    look()
    showBusy(false)
  })

  async function run(kind: keyof typeof STEPS): Promise<void> {
    const begun = series
    showBusy(true)
    reports = 0
    try {
      if (kind === 'reflow') {
        announce('The flow makes pairs of its own.')
        await worker.reflow()
        if (begun !== series) return
        list.add()
        await showPairs()
      } else if (list.selected !== list.last) list.select(list.last)
      losses = []
      const { timesteps, loss } = store.state
      await worker.train({ steps: STEPS[kind], timesteps, loss })
      if (begun !== series) return
      look()
      const [ended, bend] = [losses.at(-1), list.numbers(list.last).straightness]
      announce(`The ${list.last + 1}-RF has loss ${ended?.toFixed(3)} and straightness ${bend?.toFixed(3)}.`)
      if (!calm()) time.play()
    } catch (error) {
      if (begun === series) announce(`Training ended: ${(error as Error).message}`)
    } finally {
      if (begun === series) showBusy(false)
    }
  }

  function showBusy(now: boolean): void {
    busy = now
    button('train').disabled = false
    button('train').textContent = now ? 'Stop' : list.trained ? 'Train on' : 'Train'
    button('reflow').disabled = now || !list.trained
    button('restart').disabled = false
  }

  button('train').addEventListener('click', () => void (busy ? worker.stop() : run('train')))
  button('reflow').addEventListener('click', () => void run('reflow'))
  button('restart').addEventListener('click', () => rebuild())

  const pad = inkPad(element('drawn'), {
    side: DRAWN_SIDE,
    radius: 0.8,
    onDraw: () => store.change({ ink: [...pad.ink].map(level => level > 0.3) }),
  })
  button('clear-drawn').addEventListener('click', () => {
    pad.clear()
    store.change({ ink: [...pad.ink].map(() => false) })
  })
  function showPad({ data, ink }: State): void {
    element('drawn-panel').hidden = data !== 'drawn'
    pad.ink.set(ink.map(Number))
    pad.show()
  }

  store.listen((state, changed) => {
    if (changed.has('data') || changed.has('ink')) showPad(state)
    const drawn = changed.has('ink') && state.data === 'drawn'
    if (changed.has('data') || changed.has('seed') || drawn) rebuild()
    else if (changed.has('nfe') || changed.has('solver')) look()
  })
  showPad(store.state)
  new ResizeObserver(paint).observe(canvas('paths'))
  onTheme(() => {
    pad.show()
    paint()
  })
  rebuild()

  return {
    onProgress({ round, step, steps, loss, stepMs, view: seen }) {
      if (round !== list.last) return
      losses.push(loss)
      list.show(round, { loss, step })
      element('speed').textContent = `${stepMs.toFixed(1)} ms a step`
      element('loss-now').textContent = loss.toFixed(3)
      show(round, seen)
      paintLoss(canvas('loss'), losses)
      if (reports++ % SPOKEN_EVERY === 0) announce(`Step ${step} of ${steps}, loss ${loss.toFixed(3)}.`)
    },
  }
}
