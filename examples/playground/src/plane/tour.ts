import { button, calm, element } from '../dom.js'
import type { State } from '../state.js'
import type { Store } from '../store.js'
import type { Point } from './paths.js'
import type { TwoFlows } from './two-flows.js'

/** One step of the tour: the state that it sets, and the control that it lights up. Its words are in the page. */
interface Stop {
  state: Partial<State>
  light: string
  begin(flows: TwoFlows): void
}

/** Where the tour holds a particle: far from the data, so that the pairs there part again. */
const HELD: Point = [0.9, 0.9]

const run = ({ time, release }: TwoFlows) => {
  release()
  if (calm()) time.set(1)
  else time.play()
}

/** Hold the place in one of the flows, early on the way from noise. */
const holdIn =
  (flow: 0 | 1) =>
  ({ time, hold }: TwoFlows) => {
    time.set(0.25)
    hold(flow, HELD)
  }

const stops: readonly Stop[] = [
  { state: { show: 'pairs' }, light: 'left-plane', begin: holdIn(0) },
  { state: { show: 'paths', steps: 32 }, light: 'show', begin: run },
  { state: { show: 'paths', steps: 1 }, light: 'steps-field', begin: run },
  { state: { show: 'pairs' }, light: 'right-plane', begin: holdIn(1) },
  { state: { show: 'paths', steps: 1 }, light: 'right-plane', begin: run },
]

/** The tour beside the two flows: five steps, in any order. */
export function tour(store: Store, flows: TwoFlows): void {
  const items = [...element('tour').querySelectorAll('li')]
  const heads = items.map(item => item.querySelector('button')!)
  let now = -1

  function go(step: number): void {
    now = step
    for (const [i, item] of items.entries()) {
      item.classList.toggle('open', i === step)
      heads[i]!.setAttribute('aria-expanded', String(i === step))
    }
    for (const lit of document.querySelectorAll('.lit')) lit.classList.remove('lit')
    button('tour-next').textContent = step < stops.length - 1 ? 'Next' : 'To the laboratory'
    const stop = stops[step]
    if (!stop) return
    store.change(stop.state)
    element(stop.light).classList.add('lit')
    stop.begin(flows)
  }

  for (const [i, head] of heads.entries()) head.addEventListener('click', () => go(i === now ? -1 : i))
  button('tour-next').addEventListener('click', () => {
    if (now < stops.length - 1) return go(now + 1)
    go(-1)
    element('lab').scrollIntoView({ behavior: calm() ? 'auto' : 'smooth' })
    button('train').focus({ preventScroll: true })
  })
}
