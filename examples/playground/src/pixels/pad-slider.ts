import { ARROWS } from '../pen.js'

/** A place in two dimensions, across and down. */
export interface Place {
  x: number
  y: number
}

export interface PadSliderOptions {
  /** The place now; the slider itself keeps none. */
  at: () => Place
  onMove: (place: Place) => void
  /** A finger moves the place to itself, or turns it by the length of the move, where 1 is the pad's width. */
  drag: 'to' | 'by'
}

/** Arrow keys move by this, and with Shift by five times as much. */
const KEY_MOVE = 0.02

/** Make an element a slider with two dimensions: drag, or use the arrow keys (with Shift in larger steps). */
export function padSlider(pad: HTMLElement, { at, onMove, drag }: PadSliderOptions): { show(): void } {
  const marker = pad.querySelector<HTMLElement>('.marker')
  const limit =
    drag === 'to'
      ? (value: number) => Math.min(1, Math.max(0, value))
      : (value: number) => value - Math.floor(value)

  function show(): void {
    const { x, y } = at()
    if (marker) marker.style.translate = `${100 * x}cqw ${100 * y}cqw` // moves without a new layout
    const [across, down] = [Math.round(100 * x), Math.round(100 * y)]
    pad.setAttribute('aria-valuenow', String(across))
    pad.setAttribute('aria-valuetext', `across ${across} %, down ${down} %`)
  }
  const move = (x: number, y: number) => onMove({ x: limit(x), y: limit(y) })

  let last: { x: number; y: number } | undefined
  const follow = (event: PointerEvent) => {
    const box = pad.getBoundingClientRect()
    const here = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.width }
    if (drag === 'to') move(here.x, (event.clientY - box.top) / box.height)
    else if (last) move(at().x + (here.x - last.x) / 2, at().y + (here.y - last.y) / 2)
    last = here
  }
  pad.addEventListener('pointerdown', event => {
    pad.setPointerCapture(event.pointerId)
    last = undefined
    follow(event)
  })
  pad.addEventListener('pointermove', event => {
    if (pad.hasPointerCapture(event.pointerId)) follow(event)
  })

  pad.addEventListener('keydown', event => {
    const direction = ARROWS[event.key]
    if (!direction) return
    event.preventDefault()
    const length = event.shiftKey ? 5 * KEY_MOVE : KEY_MOVE
    move(at().x + length * direction.x, at().y + length * direction.y)
  })
  show()
  return { show }
}
