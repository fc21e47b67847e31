import type { RecipeName } from '@rectified-flow/reflow/paper'

/**
 * The trained rows: the paper's configurations by letter; E with a pixel term; F2, F with as many steps more as G; and two that test
 * whether one round of Reflow suffices.
 */
export const TRAINED = ['A', 'B', 'C', 'D', 'E', 'E-pixels', 'F', 'F2', 'G', 'C2', 'R2'] as const
/** The perceptual terms from which E's was chosen, on a seed of their own. */
export const CANDIDATES = ['E-light', 'E-heavy', 'E-clean', 'F-light', 'F-heavy'] as const
export const ALL_ROWS = ['teacher', ...TRAINED] as const
export type TrainedRow = (typeof TRAINED)[number] | (typeof CANDIDATES)[number]
export type RowName = 'teacher' | TrainedRow

/** The perceptual term of E and F. */
export interface Perceptual {
  /** Train with the network that saw blurred and noisy images, or with one that saw only clean ones. */
  network: 'degraded' | 'clean'
  /** LPIPS-Huber's weight of it. Under the network alone, unrelated images are 1 apart. */
  weight: number
  /** Add the mean squared difference of pixels to it. */
  pixels: boolean
}

/** How a row is trained: start weights, pairs, recipe, batch. */
export interface Training {
  start: 'random' | RowName
  /** The row that made the pairs, or 'real': real images and the noise to which the teacher inverts them. */
  pairs: 'teacher' | 'C' | 'real'
  recipe: RecipeName
  /** Batch size, as a share of the settings' batch. */
  batchShare: number
  perceptual?: Perceptual
  /** Train as configuration G does on real images: few steps at a low rate. */
  short?: boolean
}

const PERCEPTUAL: Perceptual = { network: 'degraded', weight: 1, pixels: false }

const round: Training = { start: 'teacher', pairs: 'teacher', recipe: 'B', batchShare: 1 }
const e: Training = { ...round, recipe: 'E', perceptual: PERCEPTUAL }
const f: Training = { ...e, recipe: 'F' }
const withPerceptual = (row: Training, change: Partial<Perceptual>): Training => ({
  ...row,
  perceptual: { ...PERCEPTUAL, ...change },
})

export const TRAININGS: Record<TrainedRow, Training> = {
  A: { ...round, start: 'random', batchShare: 1 / 4 },
  B: round,
  C: { ...round, recipe: 'C' },
  D: { ...round, recipe: 'D' },
  E: e,
  'E-pixels': withPerceptual(e, { pixels: true }),
  F: f,
  F2: { ...f, start: 'F', short: true },
  G: { ...f, start: 'F', pairs: 'real', short: true },
  C2: { ...round, start: 'C', recipe: 'C' },
  R2: { ...round, start: 'C', pairs: 'C', recipe: 'C' },
  'E-light': withPerceptual(e, { weight: 1 / 4 }),
  'E-heavy': withPerceptual(e, { weight: 4 }),
  'E-clean': withPerceptual(e, { network: 'clean' }),
  'F-light': withPerceptual(f, { weight: 1 / 4 }),
  'F-heavy': withPerceptual(f, { weight: 4 }),
}

/** The description of a row in the table and the picture. */
export const TITLES: Record<RowName, string> = {
  teacher: 'the 1-rectified flow',
  A: 'random weights, uniform t, squared L2, a quarter of the batch',
  B: "the teacher's weights, uniform t, squared L2",
  C: 'U-shaped t, squared L2',
  D: 'U-shaped t, pseudo-Huber',
  E: 'U-shaped t, LPIPS-Huber',
  'E-pixels': 'the same, and squared differences of pixels',
  F: 'U-shaped t, LPIPS-Huber with its perceptual term over t',
  F2: "F, then as many steps as G on the teacher's pairs",
  G: 'F, then inverted real images',
  C2: 'C, then as many steps again',
  R2: "C, then as many steps on C's own pairs",
  'E-light': 'E, the perceptual term at a quarter of its weight',
  'E-heavy': 'E, the perceptual term at four times its weight',
  'E-clean': 'E, features of a network that saw clean images only',
  'F-light': 'F, the perceptual term at a quarter of its weight',
  'F-heavy': 'F, the perceptual term at four times its weight',
}
