import { ARROWS, followStrokes, type Spot } from './pen.js'

/** A square of cells to draw in: by pointer, or by keys (arrows move the pen, Space holds it down or lifts it). */
export interface InkPad {
  /** Ink of each cell in [0, 1], row by row from the top. The caller may change it and then call `show`. */
  readonly ink: Float32Array
  show(): void
  clear(): void
}

/**
 * @param host    element that takes the focus; its canvas shows the ink
 * @param radius  of the pen, in cells
 * @param onDraw  called when a stroke ends
 */
export function inkPad(
  host: HTMLElement,
  { side, radius, onDraw }: { side: number; radius: number; onDraw: () => void },
): InkPad {
  const ink = new Float32Array(side * side)
  const canvas = host.querySelector('canvas')!
  const context = canvas.getContext('2d')!
  let pen: (Spot & { down: boolean }) | undefined
  canvas.width = canvas.height = side
  host.tabIndex = 0

  function show(): void {
    const pixels = context.createImageData(side, side)
    const [r = 0, g = 0, b = 0] = (getComputedStyle(canvas).color.match(/[\d.]+/g) ?? []).map(Number)
    for (const [i, level] of ink.entries()) pixels.data.set([r, g, b, 255 * level], 4 * i)
    context.putImageData(pixels, 0, 0)
    if (!pen || document.activeElement !== host) return
    context.fillStyle = getComputedStyle(canvas).accentColor
    context.fillRect(Math.floor(pen.x), Math.floor(pen.y), 1, 1)
  }

  /** Put ink along a line, in units of cells; its rim is soft. */
  function stroke(from: Spot, to: Spot): void {
    const length = Math.hypot(to.x - from.x, to.y - from.y)
    const pieces = Math.max(1, Math.ceil(2 * length))
    for (let k = 0; k <= pieces; k++) {
      const x = from.x + (k / pieces) * (to.x - from.x)
      const y = from.y + (k / pieces) * (to.y - from.y)
      for (
        let row = Math.max(0, Math.floor(y - radius - 1));
        row <= Math.min(side - 1, y + radius + 1);
        row++
      )
        for (
          let column = Math.max(0, Math.floor(x - radius - 1));
          column <= Math.min(side - 1, x + radius + 1);
          column++
        ) {
          const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y)
          const level = Math.min(1, Math.max(0, radius + 0.5 - distance))
          ink[row * side + column] = Math.max(ink[row * side + column]!, level)
        }
    }
    show()
  }

  followStrokes(host, canvas, side, {
    onBegin() {
      pen = undefined
    },
    onStroke: stroke,
    onEnd: onDraw,
  })
  host.addEventListener('keydown', event => {
    pen ??= { x: side / 2, y: side / 2, down: false }
    const move = ARROWS[event.key]
    const clamp = (value: number) => Math.min(side - 0.5, Math.max(0.5, value))
    if (move) {
      const next = { x: clamp(pen.x + move.x), y: clamp(pen.y + move.y), down: pen.down }
      if (pen.down) stroke(pen, next)
      pen = next
    } else if (event.key === ' ') {
      pen.down = !pen.down
      if (pen.down) stroke(pen, pen)
      else onDraw()
    } else return
    event.preventDefault()
    show()
  })
  host.addEventListener('blur', () => {
    if (pen?.down) onDraw()
    if (pen) pen.down = false
    show()
  })
  host.addEventListener('focus', show)

  return {
    ink,
    show,
    clear() {
      ink.fill(0)
      show()
    },
  }
}
