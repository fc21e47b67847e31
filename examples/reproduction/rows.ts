import type { RecipeName } from '@rectified-flow/reflow/paper'

/** The trained rows: the paper's configurations by letter, and two that test whether one round of Reflow suffices. */
export const TRAINED = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'C2', 'R2'] as const
export const ROWS = ['teacher', ...TRAINED] as const
export type TrainedRow = (typeof TRAINED)[number]
export type RowName = (typeof ROWS)[number]

/** How a row is trained: start weights, pairs, recipe, batch. */
export interface Training {
  start: 'random' | RowName
  /** The row that made the pairs, or 'real': real images and the noise to which the teacher inverts them. */
  pairs: 'teacher' | 'C' | 'real'
  recipe: RecipeName
  /** Batch size, as a share of the settings' batch. */
  batchShare: number
}

const round: Training = { start: 'teacher', pairs: 'teacher', recipe: 'B', batchShare: 1 }

export const TRAININGS: Record<TrainedRow, Training> = {
  A: { ...round, start: 'random', batchShare: 1 / 4 },
  B: round,
  C: { ...round, recipe: 'C' },
  D: { ...round, recipe: 'D' },
  E: { ...round, recipe: 'E' },
  F: { ...round, recipe: 'F' },
  G: { start: 'F', pairs: 'real', recipe: 'F', batchShare: 1 },
  C2: { ...round, start: 'C', recipe: 'C' },
  R2: { ...round, start: 'C', pairs: 'C', recipe: 'C' },
}

/** The description of a row in the table and the picture. */
export const TITLES: Record<RowName, string> = {
  teacher: 'the 1-rectified flow',
  A: 'random weights, uniform t, squared L2, a quarter of the batch',
  B: "A from the teacher's weights, whole batch",
  C: 'B with U-shaped t',
  D: 'C with pseudo-Huber',
  E: 'C with LPIPS-Huber',
  F: 'E with its perceptual term over t',
  G: 'F, then inverted real digits',
  C2: 'C, then as many steps again',
  R2: "C, then as many steps on C's own pairs",
}
