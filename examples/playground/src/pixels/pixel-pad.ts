import { canvas as canvasOf } from '../dom.js'
import { ARROWS, followStrokes, type Spot } from '../pen.js'
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
  let pen: Spot | undefined
  sizeForImages(canvas, grid)
  host.tabIndex = 0

  function show(): void {
    paintImages(canvas, picture, grid)
    const mark = host.querySelector<HTMLElement>('.pen')!
    mark.hidden = !pen || document.activeElement !== host
    if (pen) Object.assign(mark.style, { left: `${(100 * pen.x) / side}%`, top: `${(100 * pen.y) / side}%` })
  }

  /** Paint all pixels that a line touches, in whole pixels. */
  function stroke(from: Spot, to: Spot): void {
    const pieces = Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y))
    for (let k = 0; k <= pieces; k++) {
      const x = Math.round(from.x + (k / pieces) * (to.x - from.x))
      const y = Math.round(from.y + (k / pieces) * (to.y - from.y))
      picture.set(colour(), 3 * (y * side + x))
    }
    show()
  }

  const within = (value: number) => Math.min(side - 1, Math.max(0, Math.floor(value)))
  const cell = ({ x, y }: Spot): Spot => ({ x: within(x), y: within(y) })
  followStrokes(host, canvas, side, {
    onBegin() {
      pen = undefined
    },
    onStroke: (from, to) => stroke(cell(from), cell(to)),
    onEnd: onDraw,
  })
  host.addEventListener('keydown', event => {
    pen ??= { x: side / 2, y: side / 2 }
    const move = ARROWS[event.key]
    if (move) pen = cell({ x: pen.x + move.x, y: pen.y + move.y })
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
