/** The histogram shows values from -WIDEST to WIDEST. */
const WIDEST = 3.5
const BARS = 21

export interface Moments {
  mean: number
  deviation: number
}

/** Mean and standard deviation of the values of a noise. */
export function momentsOf(noise: Float32Array): Moments {
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length
  const square = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length
  return { mean, deviation: Math.sqrt(square) }
}

/** The moments in words that screen readers can say. */
export function momentsText({ mean, deviation }: Moments): string {
  return `mean ${mean.toFixed(2).replace('-', '−')}, deviation ${deviation.toFixed(2)}`
}

/** Paint a histogram of a noise, and over it the bell of standard normal noise. */
export function paintBell(canvas: HTMLCanvasElement, noise: Float32Array): void {
  const ratio = devicePixelRatio
  const [width, height] = [canvas.clientWidth, canvas.clientHeight]
  canvas.width = width * ratio
  canvas.height = height * ratio
  const context = canvas.getContext('2d')!
  context.scale(ratio, ratio)
  const counts = new Array<number>(BARS).fill(0)
  for (const value of noise) {
    const bar = Math.floor(((value + WIDEST) / (2 * WIDEST)) * BARS)
    counts[Math.min(BARS - 1, Math.max(0, bar))]!++
  }
  const step = (2 * WIDEST) / BARS
  const heights = counts.map(count => count / noise.length / step)
  const bell = (value: number) => Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI)
  const highest = 1.08 * Math.max(bell(0), ...heights)
  const y = (density: number) => height * (1 - density / highest)

  const style = getComputedStyle(canvas)
  context.fillStyle = style.getPropertyValue('--noise')
  for (const [i, density] of heights.entries())
    context.fillRect((i * width) / BARS + 0.5, y(density), width / BARS - 1, height)
  context.strokeStyle = style.color
  context.lineWidth = 2
  context.beginPath()
  for (let x = 0; x <= width; x++) context.lineTo(x, y(bell((2 * x * WIDEST) / width - WIDEST)))
  context.stroke()
}
