import { palette } from './paint.js'

/** Paint the loss so far as a line, from the first report to the last. */
export function paintLoss(canvas: HTMLCanvasElement, losses: readonly number[]): void {
  const scale = Math.min(devicePixelRatio || 1, 2)
  canvas.width = Math.round(canvas.clientWidth * scale)
  canvas.height = Math.round(canvas.clientHeight * scale)
  const context = canvas.getContext('2d')!
  if (losses.length < 2) return
  const [low, high] = [Math.min(...losses), Math.max(...losses)]
  const margin = 2 * scale
  const x = (i: number) => margin + (i / (losses.length - 1)) * (canvas.width - 2 * margin)
  const y = (loss: number) =>
    margin + (1 - (loss - low) / Math.max(high - low, 1e-9)) * (canvas.height - 2 * margin)
  context.strokeStyle = palette().data
  context.lineWidth = 1.5 * scale
  context.lineJoin = 'round'
  context.beginPath()
  for (const [i, loss] of losses.entries()) context.lineTo(x(i), y(loss))
  context.stroke()
}
