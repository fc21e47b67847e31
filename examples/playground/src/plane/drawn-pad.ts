import { DRAWN_SIDE } from '../choices.js'
import { button, element, onTheme } from '../dom.js'
import { inkPad } from '../ink-pad.js'
import type { Store } from '../store.js'

/** The pad for a distribution of one's own; it shows itself where that distribution is chosen. */
export function drawnPad(store: Store): void {
  const pad = inkPad(element('drawn'), {
    side: DRAWN_SIDE,
    radius: 0.8,
    onDraw: () => store.change({ ink: [...pad.ink].map(level => level > 0.3) }),
  })
  button('clear-drawn').addEventListener('click', () => {
    pad.clear()
    store.change({ ink: [...pad.ink].map(() => false) })
  })

  function show(): void {
    const { data, ink } = store.state
    element('drawn-panel').hidden = data !== 'drawn'
    pad.ink.set(ink.map(Number))
    pad.show()
  }
  store.listen((_, changed) => {
    if (changed.has('data') || changed.has('ink')) show()
  })
  onTheme(pad.show)
  show()
}
