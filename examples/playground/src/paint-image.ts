import { signedToBytes } from '@rectified-flow/core'

/**
 * Paint an image [side,side,channels] in [-1,1]. One channel is ink on the page's paper colour; three are colours.
 *
 * @param column, row  place of the image in the canvas's grid of images
 */
export function paintImage(
  canvas: HTMLCanvasElement,
  values: Float32Array,
  { side, channels, column = 0, row = 0 }: { side: number; channels: number; column?: number; row?: number },
): void {
  const context = canvas.getContext('2d')!
  const pixels = context.createImageData(side, side)
  const [ink, levels] = [inkColour(canvas), signedToBytes(values)]
  for (let i = 0; i < side * side; i++) {
    const level = [...levels.subarray(i * channels, (i + 1) * channels)]
    pixels.data.set(channels === 1 ? [...ink, ...level] : [...level, 255], 4 * i)
  }
  context.putImageData(pixels, column * side, row * side)
}

/** Size a canvas for a grid of images. This empties the canvas. */
export function sizeForImages(canvas: HTMLCanvasElement, side: number, columns = 1, rows = 1): void {
  canvas.width = side * columns
  canvas.height = side * rows
}

function inkColour(canvas: HTMLCanvasElement): number[] {
  const numbers = getComputedStyle(canvas).color.match(/[\d.]+/g) ?? []
  return numbers.slice(0, 3).map(Number)
}
