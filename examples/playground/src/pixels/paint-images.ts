/** How the images [side,side,channels] of a canvas are arranged. */
export interface Grid {
  side: number
  channels: number
  columns?: number
  rows?: number
}

/** Size a canvas for a grid of images, if it isn't. This empties the canvas. */
export function sizeForImages(canvas: HTMLCanvasElement, { side, columns = 1, rows = 1 }: Grid): void {
  if (canvas.width === side * columns && canvas.height === side * rows) return
  canvas.width = side * columns
  canvas.height = side * rows
}

/**
 * Paint images in [-1,1], row by row, from the grid's place `first` on. One channel is ink on the page's paper colour; three are
 * colours.
 */
export function paintImages(canvas: HTMLCanvasElement, values: Float32Array, grid: Grid, first = 0): void {
  const { side, channels, columns = 1 } = grid
  const context = canvas.getContext('2d')!
  const size = side * side * channels
  const ink = channels === 1 ? inkColour(canvas) : []
  for (let image = 0; image < values.length / size; image++) {
    const pixels = context.createImageData(side, side)
    for (let i = 0; i < side * side; i++)
      if (channels === 1) {
        for (let k = 0; k < 3; k++) pixels.data[4 * i + k] = ink[k]!
        pixels.data[4 * i + 3] = byte(values[image * size + i]!)
      } else {
        for (let k = 0; k < 3; k++) pixels.data[4 * i + k] = byte(values[image * size + 3 * i + k]!)
        pixels.data[4 * i + 3] = 255
      }
    const place = first + image
    context.putImageData(pixels, (place % columns) * side, Math.floor(place / columns) * side)
  }
}

/** A level in [-1,1] as a byte; a clamped array rounds and clips it. */
const byte = (level: number) => 127.5 * (level + 1)

/** Noise in the range of images: three deviations are black and white. */
export const noiseImage = (noise: Float32Array) => noise.map(value => value / 3)

function inkColour(canvas: HTMLCanvasElement): number[] {
  const numbers = getComputedStyle(canvas).color.match(/[\d.]+/g) ?? []
  return numbers.slice(0, 3).map(Number)
}
