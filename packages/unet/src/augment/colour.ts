import type { Rng } from '@rectified-flow/core'

/** A map of colours in [-1, 1]: three rows of [r, g, b, 1]. */
export type ColourMap = readonly (readonly [number, number, number, number])[]

/** An augmentation that changes colours. With parameters of zeros it changes nothing. */
export interface Chromatic {
  /** Number of parameters. */
  size: number
  draw(rng: Rng): number[]
  map(parameters: readonly number[]): ColourMap
  labels(parameters: readonly number[]): number[]
}

/** Standard deviations of brightness, and of the logarithms, to base 2, of contrast and saturation. */
const BRIGHTNESS = 0.2
const CONTRAST = 0.5
const SATURATION = 1

const asIs = (parameters: readonly number[]) => [...parameters]
const normal = (rng: Rng) => Array.from(rng.normals(1))

/**
 * A map that splits a colour into its part on the grey axis and the rest. It scales the grey part by `along` and the rest
 * by `across`, and adds `turn` times the rest turned by a quarter around the grey axis.
 */
function aboutGrey(along: number, across: number, turn = 0): ColourMap {
  const third = (along - across) / 3
  const quarter = turn / Math.sqrt(3)
  const [a, b, c] = [third + across, third - quarter, third + quarter]
  return [
    [a, b, c, 0],
    [c, a, b, 0],
    [b, c, a, 0],
  ]
}

/** The changes of colour, in the order in which they are applied (Karras et al., arXiv 2006.06676, appendix B). */
export const chromatic = {
  brightness: {
    size: 1,
    draw: normal,
    map: ([b = 0]) => aboutGrey(1, 1).map(([x, y, z]) => [x, y, z, BRIGHTNESS * b] as const),
    labels: asIs,
  },
  contrast: {
    size: 1,
    draw: normal,
    map: ([c = 0]) => aboutGrey(2 ** (CONTRAST * c), 2 ** (CONTRAST * c)),
    labels: asIs,
  },
  lumaFlip: {
    size: 1,
    draw: rng => Array.from(rng.integers(1, 2)),
    map: ([flip = 0]) => aboutGrey(1 - 2 * flip, 1),
    labels: asIs,
  },
  hue: {
    size: 1,
    draw: rng => Array.from(rng.uniforms(1), u => Math.PI * (2 * u - 1)),
    map: ([angle = 0]) => aboutGrey(1, Math.cos(angle), Math.sin(angle)),
    labels: ([angle = 0]) => [Math.cos(angle) - 1, Math.sin(angle)],
  },
  saturation: {
    size: 1,
    draw: normal,
    map: ([s = 0]) => aboutGrey(1, 2 ** (SATURATION * s)),
    labels: asIs,
  },
} satisfies Record<string, Chromatic>

/** Apply the map to pixels [H W,3] in place. A grey pixel [H W,1] counts as three equal numbers and gets their new mean. */
export function colour(pixels: Float32Array, channels: number, map: ColourMap): void {
  if (channels === 1) {
    const gain = map.reduce((sum, [r, g, b]) => sum + (r + g + b) / 3, 0)
    const offset = map.reduce((sum, row) => sum + row[3] / 3, 0)
    for (let i = 0; i < pixels.length; i++) pixels[i] = gain * pixels[i]! + offset
    return
  }
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!]
    for (const [c, [x, y, z, offset]] of map.entries()) pixels[i + c] = x * r + y * g + z * b + offset
  }
}
