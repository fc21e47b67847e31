import type { Store } from './store.js'

/** The map as a slider with two dimensions: drag, or use the arrow keys (with Shift in larger steps). */
export function latentPad(pad: HTMLElement, store: Store): void {
  const marker = pad.querySelector('.marker') as HTMLElement
  const clamp = (value: number) => Math.min(1, Math.max(0, value))

  function show(): void {
    const { x, y } = store.state
    marker.style.left = `${100 * x}%`
    marker.style.top = `${100 * y}%`
    pad.setAttribute('aria-valuenow', String(Math.round(100 * x)))
    pad.setAttribute('aria-valuetext', `across ${Math.round(100 * x)} %, down ${Math.round(100 * y)} %`)
  }

  const follow = (event: PointerEvent) => {
    const box = pad.getBoundingClientRect()
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    store.change({ x: clamp(x), y: clamp(y) })
  }
  pad.addEventListener('pointerdown', event => {
    pad.setPointerCapture(event.pointerId)
    follow(event)
  })
  pad.addEventListener('pointermove', event => {
    if (pad.hasPointerCapture(event.pointerId)) follow(event)
  })

  const moves: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  }
  pad.addEventListener('keydown', event => {
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    const length = event.shiftKey ? 0.1 : 0.02
    const { x, y } = store.state
    store.change({ x: clamp(x + length * move[0]), y: clamp(y + length * move[1]) })
  })
  store.listen(show)
  show()
}
