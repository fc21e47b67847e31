import { calm, canvas, element, onTheme } from '../dom.js'
import { latest, type Remote } from '../rpc.js'
import type { Store } from '../store.js'
import type { Api } from '../worker/api.js'
import type { PairsView, Paths } from '../worker/plane-messages.js'
import { WEIGHTS } from '../worker/sizes.js'
import { grabber } from './grabber.js'
import { heldParticle } from './held-particle.js'
import { drawParticles, surface } from './paint.js'
import { pathLayer } from './path-layer.js'
import { blend, type Point, resample } from './paths.js'
import { type Player, player } from './player.js'
import { textToWeights } from './series-text.js'
import shipped from './shipped.json' with { type: 'json' }

/** Stops of the slider, from many steps to one. */
export const STOPS = [32, 24, 16, 12, 8, 6, 5, 4, 3, 2, 1] as const
const PIECES = 32
const MORPH_MS = 350
const LINES = 160
const SIDES = ['left', 'right'] as const

/** The two shipped flows, a 1-rectified flow and the 2-rectified flow that it taught, side by side from the same noise. */
export interface TwoFlows {
  time: Player
  /** Hold the particle that is at a place of a flow's picture now. */
  hold(round: number, point: Point): void
  release(): void
}

export async function twoFlows(worker: Remote<Api>, store: Store): Promise<TwoFlows> {
  const rounds = shipped.rounds.map(text => textToWeights(text, WEIGHTS)!)
  await worker.open('shipped', { data: 'moons', ink: [], seed: shipped.seed }, rounds)

  const known = new Map<string, Promise<(Paths | undefined)[]>>()
  const learned: Partial<Record<number, Promise<PairsView | undefined>>> = {}
  const pairs = (round: number) => {
    learned[round] ??= worker.pairs('shipped', round)
    return learned[round]
  }
  const layers = SIDES.map(() => pathLayer(LINES))
  let from: readonly Paths[] | undefined
  let to: readonly Paths[] | undefined
  let begin = 0
  let visible = true

  const time = player('loop', {
    durationMs: () => 2600,
    loopMs: 900,
    text: done => `t = ${(1 - done).toFixed(2)}`,
    onChange: paint,
  })
  const particle = heldParticle(worker, 'shipped', pairs, paint)

  /** The paths of both flows in so many steps, or the lines of the pairs that they learned from. */
  function picture({ show, steps }: { show: string; steps: number }): Promise<(Paths | undefined)[]> {
    const key = show === 'pairs' ? show : String(steps)
    const made =
      known.get(key) ??
      Promise.all(
        [0, 1].map(async round => {
          if (show === 'paths') return worker.view('shipped', { round, solver: 'euler', nfe: steps })
          const some = await pairs(round)
          return some && [some.z.subarray(0, 1024), some.x.subarray(0, 1024)]
        }),
      )
    known.set(key, made)
    return made
  }

  const change = latest(async () => {
    const next = await picture(store.state)
    if (!next[0] || !next[1] || next === to) return
    from = to
    to = next as Paths[]
    begin = performance.now()
    if (!calm() && from) morph()
    else paint()
  })

  /** Turn one picture into the next. Playing paints anyway. */
  function morph(): void {
    paint()
    if (performance.now() - begin < MORPH_MS) requestAnimationFrame(morph)
  }

  function paint(): void {
    if (!to || !visible) return
    const share = calm() ? 1 : (performance.now() - begin) / MORPH_MS
    const eased = 1 - (1 - Math.min(1, share)) ** 3
    for (const [round, side] of SIDES.entries()) {
      const next = to[round]!
      const paths =
        from && eased < 1 ? blend(resample(from[round]!, PIECES), resample(next, PIECES), eased) : next
      const on = surface(canvas(side))
      layers[round]!(on, paths, particle.holding ? 0.2 : time.playing ? 0.25 : 0.4)
      drawParticles(on, paths, time.done, { tails: time.playing })
      particle.draw(on, round, time.done, time.playing ? 'moving' : 'resting')
    }
  }

  function hold(round: number, [x, y]: Point): void {
    time.pause()
    particle.hold(round, { x, y, t: Math.min(0.98, Math.max(0.02, 1 - time.done)) })
  }
  for (const [round, side] of SIDES.entries())
    grabber(element(`${side}-plane`), { onGrab: point => hold(round, point), onRelease: particle.release })

  const slider = element<HTMLInputElement>('steps')
  slider.max = String(STOPS.length - 1)
  slider.addEventListener('input', () => store.change({ steps: STOPS[Number(slider.value)]! }))
  function showSteps(): void {
    const { steps, show } = store.state
    const stop = STOPS.findIndex(one => one <= steps)
    slider.value = String(stop)
    const text = steps === 1 ? '1 step' : `${steps} steps`
    slider.setAttribute('aria-valuetext', text)
    element('steps-now').textContent = text
    slider.disabled = show === 'pairs'
    element('left-note').textContent = show === 'pairs' ? 'learned from random pairs' : `in ${text}`
    element('right-note').textContent = show === 'pairs' ? 'learned from pairs of the first' : `in ${text}`
  }

  store.listen((_, changed) => {
    if (!changed.has('steps') && !changed.has('show')) return
    showSteps()
    change()
  })
  onTheme(paint)
  new ResizeObserver(paint).observe(canvas('left'))
  new IntersectionObserver(([entry]) => {
    visible = entry!.isIntersecting
    paint()
  }).observe(element('flows'))
  showSteps()
  change()
  if (calm()) time.set(1)
  else time.play()
  return { time, hold, release: particle.release }
}
