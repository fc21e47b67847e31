import type { Rng } from '@rectified-flow/core'
import { type Affine, compose, quarters, rotation, scaling, translation } from './affine.js'

/** An augmentation that moves pixels. With parameters of zeros it changes nothing. */
export interface Geometric {
  /** Number of parameters. */
  size: number
  draw(rng: Rng): number[]
  /** Maps a pixel's place to the place it comes from. Both are measured from the image's centre, x right and y down. */
  source(parameters: readonly number[], width: number, height: number): Affine
  labels(parameters: readonly number[]): number[]
  /** Whether every pixel comes exactly from one pixel, so that no filter is needed. */
  exact: boolean
}

/** Standard deviations: of the base-2 logarithm of a scale, and of a translation as a share of the image's side. */
const SCALE = 0.2
const TRANSLATE = 0.125

const uniform = (rng: Rng, n: number): number[] => Array.from(rng.uniforms(n), u => 2 * u - 1)
const asIs = (parameters: readonly number[]) => [...parameters]

/** The movements, in their order of application (Karras et al., arXiv 2206.00364, appendix F.2; 2006.06676, appendix B). */
export const geometric = {
  xflip: {
    size: 1,
    draw: rng => Array.from(rng.integers(1, 2)),
    source: ([flip = 0]) => scaling(1 - 2 * flip, 1),
    labels: asIs,
    exact: true,
  },
  yflip: {
    size: 1,
    draw: rng => Array.from(rng.integers(1, 2)),
    source: ([flip = 0]) => scaling(1, 1 - 2 * flip),
    labels: asIs,
    exact: true,
  },
  rotate90: {
    size: 1,
    draw: rng => Array.from(rng.integers(1, 4)),
    source: ([count = 0]) => quarters(count),
    labels: ([count = 0]) => [Number(count === 1 || count === 2), Number(count === 2 || count === 3)],
    exact: true,
  },
  translateInt: {
    size: 2,
    draw: rng => uniform(rng, 2),
    source: ([x = 0, y = 0], width, height) =>
      translation(-Math.round(x * TRANSLATE * width), -Math.round(y * TRANSLATE * height)),
    labels: asIs,
    exact: true,
  },
  scale: {
    size: 1,
    draw: rng => Array.from(rng.normals(1)),
    source: ([s = 0]) => scaling(2 ** (-SCALE * s), 2 ** (-SCALE * s)),
    labels: asIs,
    exact: false,
  },
  rotate: {
    size: 1,
    draw: rng => uniform(rng, 1).map(u => Math.PI * u),
    source: ([angle = 0]) => rotation(angle),
    labels: ([angle = 0]) => [Math.cos(angle) - 1, Math.sin(angle)],
    exact: false,
  },
  anisotropy: {
    size: 2,
    draw: rng => [...rng.normals(1), ...uniform(rng, 1).map(u => Math.PI * u)],
    source: ([s = 0, angle = 0]) =>
      compose(rotation(-angle), compose(scaling(2 ** (-SCALE * s), 2 ** (SCALE * s)), rotation(angle))),
    labels: ([s = 0, angle = 0]) => [s * Math.cos(angle), s * Math.sin(angle)],
    exact: false,
  },
  translate: {
    size: 2,
    draw: rng => Array.from(rng.normals(2)),
    source: ([x = 0, y = 0], width, height) => translation(-x * TRANSLATE * width, -y * TRANSLATE * height),
    labels: asIs,
    exact: false,
  },
} satisfies Record<string, Geometric>
