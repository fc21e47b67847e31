import { type SongUNetConfig, weightShapes } from '@rectified-flow/unet'

/** A convolution of stride 1 that keeps the image's size. */
export interface ConvolutionShape {
  /** Side of the image. */
  side: number
  /** Side of the filter. */
  filter: number
  input: number
  out: number
  /** How many layers have it. */
  layers: number
}

/** Multiply-adds for one image, in one layer. */
export const worth = ({ side, filter, input, out }: ConvolutionShape): number =>
  side ** 2 * filter ** 2 * input * out

/** The convolutions of a network, read off its weights; those with the most work come first. */
export function convolutionShapes(config: SongUNetConfig): ConvolutionShape[] {
  const found = new Map<string, ConvolutionShape>()
  for (const [name, shape] of weightShapes(config)) {
    if (shape.length !== 4) continue
    const [filter, , input, out] = shape as [number, number, number, number]
    const side = Number(/\.(\d+)x\d+_/.exec(name)![1])
    const key = `${side} ${filter} ${input} ${out}`
    const known = found.get(key) ?? { side, filter, input, out, layers: 0 }
    found.set(key, { ...known, layers: known.layers + 1 })
  }
  return [...found.values()].sort((a, b) => b.layers * worth(b) - a.layers * worth(a))
}
