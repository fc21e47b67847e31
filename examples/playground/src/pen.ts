/** A place on a square, in units of its cells. */
export interface Spot {
  x: number
  y: number
}

/** Where each arrow key leads, by one. */
export const ARROWS: Readonly<Record<string, Spot>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** What follows the strokes of a pointer. */
export interface StrokeListener {
  onBegin: () => void
  /** A piece of a stroke; the first one is a single place. */
  onStroke: (from: Spot, to: Spot) => void
  onEnd: () => void
}

/** Tell the strokes that a pointer makes on a canvas of side x side cells, which lies in the element that catches them. */
export function followStrokes(
  host: HTMLElement,
  canvas: HTMLElement,
  side: number,
  { onBegin, onStroke, onEnd }: StrokeListener,
): void {
  const place = (event: PointerEvent): Spot => {
    const box = canvas.getBoundingClientRect()
    return {
      x: ((event.clientX - box.left) / box.width) * side,
      y: ((event.clientY - box.top) / box.height) * side,
    }
  }
  let last: Spot | undefined
  host.addEventListener('pointerdown', event => {
    host.setPointerCapture(event.pointerId)
    onBegin()
    last = place(event)
    onStroke(last, last)
  })
  host.addEventListener('pointermove', event => {
    if (!last) return
    const next = place(event)
    onStroke(last, next)
    last = next
  })
  const end = () => {
    if (last) onEnd()
    last = undefined
  }
  host.addEventListener('pointerup', end)
  host.addEventListener('pointercancel', end)
}
