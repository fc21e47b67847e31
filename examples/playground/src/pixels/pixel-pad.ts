import { canvas as canvasOf } from '../dom.js'
import { paintImages, sizeForImages } from './paint-images.js'

/** A square of coloured pixels to draw in: by pointer, or by keys (arrows move the pen, Space paints). */
export interface PixelPad {
  /** The picture [side,side,3] in [-1,1]. The caller may change it and then call `show`. */
  readonly picture: Float32Array
  show(): void
}

/**
 * @param host    element that takes the focus, around the canvas
 * @param colour  gives the pen's colour, three levels in [-1,1]
 * @param onDraw  called when a stroke ends
 */
export function pixelPad(
  host: HTMLElement,
  { id, side, colour, onDraw }: { id: string; side: number; colour: () => number[]; onDraw: () => void },
): PixelPad {
  const canvas = canvasOf(id)
  const picture = new Float32Array(side * side * 3)
  const grid = { side, channels: 3 }
  let pen: { x: number; y: number } | undefined
  let last: { x: number; y: number } | undefined
  sizeForImages(canvas, grid)
  host.tabIndex = 0

  function show(): void {
    paintImages(canvas, picture, grid)
    const mark = host.querySelector<HTMLElement>('.pen')!
    mark.hidden = !pen || document.activeElement !== host
    if (pen) Object.assign(mark.style, { left: `${(100 * pen.x) / side}%`, top: `${(100 * pen.y) / side}%` })
  }

  /** Paint all pixels that a line touches, in whole pixels. */
  function stroke(from: { x: number; y: number }, to: { x: number; y: number }): void {
    const pieces = Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y))
    for (let k = 0; k <= pieces; k++) {
      const x = Math.round(from.x + (k / pieces) * (to.x - from.x))
      const y = Math.round(from.y + (k / pieces) * (to.y - from.y))
      picture.set(colour(), 3 * (y * side + x))
    }
    show()
  }

  const within = (value: number) => Math.min(side - 1, Math.max(0, Math.floor(value)))
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect()
    return {
      x: within(((event.clientX - box.left) / box.width) * side),
      y: within(((event.clientY - box.top) / box.height) * side),
    }
  }
  host.addEventListener('pointerdown', event => {
    host.setPointerCapture(event.pointerId)
    pen = undefined
    last = place(event)
    stroke(last, last)
  })
  host.addEventListener('pointermove', event => {
    if (!last) return
    const next = place(event)
    stroke(last, next)
    last = next
  })
  const end = () => {
    if (last) onDraw()
    last = undefined
  }
  host.addEventListener('pointerup', end)
  host.addEventListener('pointercancel', end)

  const moves: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  }
  host.addEventListener('keydown', event => {
    pen ??= { x: side / 2, y: side / 2 }
    const move = moves[event.key]
    if (move) pen = { x: within(pen.x + move[0]), y: within(pen.y + move[1]) }
    else if (event.key === ' ') {
      stroke(pen, pen)
      onDraw()
    } else return
    event.preventDefault()
    show()
  })
  host.addEventListener('focus', show)
  host.addEventListener('blur', show)
  return { picture, show }
}
