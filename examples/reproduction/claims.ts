import type { RowName } from './rows.js'
import { type Estimate, pairedDifference, sideOfZero } from './statistics.js'

/** A claim that one row is better than another, judged at one and at two network calls. */
export interface Claim {
  text: string
  better: RowName
  worse: RowName
  /** The paper's FID of both rows at one call on CIFAR-10 (arXiv 2405.20320, table 1), where it has them. */
  paper?: readonly [better: number, worse: number]
}

export const CLAIMS: readonly Claim[] = [
  { text: 'one round of Reflow helps', better: 'B', worse: 'teacher' },
  { text: "the teacher's weights and a larger batch help", better: 'B', worse: 'A', paper: [7.14, 12.21] },
  { text: 'U-shaped t helps', better: 'C', worse: 'B', paper: [5.17, 7.14] },
  { text: 'pseudo-Huber helps', better: 'D', worse: 'C', paper: [5.24, 5.17] },
  { text: 'LPIPS-Huber helps over Huber', better: 'E', worse: 'D', paper: [3.42, 5.24] },
  { text: 'LPIPS-Huber helps over squared L2', better: 'E', worse: 'C' },
  { text: 'pixels beside its features help', better: 'E-pixels', worse: 'E' },
  { text: 'LPIPS-Huber with pixels helps over Huber', better: 'E-pixels', worse: 'D' },
  { text: 'LPIPS-Huber with pixels helps over squared L2', better: 'E-pixels', worse: 'C' },
  { text: '1/t on the perceptual term helps', better: 'F', worse: 'E', paper: [3.38, 3.42] },
  { text: 'U-shaped t and LPIPS-Huber together help', better: 'E', worse: 'B', paper: [3.42, 7.14] },
  { text: 'U-shaped t and LPIPS-Huber with pixels together help', better: 'E-pixels', worse: 'B' },
  { text: 'real data help over as many more steps on pairs', better: 'G', worse: 'F2', paper: [3.07, 3.38] },
  { text: 'one round suffices: more of it beats a second', better: 'C2', worse: 'R2' },
]

export interface Judgement extends Estimate {
  verdict: 'confirmed' | 'refuted' | 'undecided'
}

/** A claim is confirmed or refuted where the 95 % interval of the paired difference does not contain 0. */
export function judge(better: readonly number[], worse: readonly number[]): Judgement {
  const difference = pairedDifference(better, worse)
  const verdicts = { [-1]: 'confirmed', 0: 'undecided', 1: 'refuted' } as const
  return { ...difference, verdict: verdicts[sideOfZero(difference)] }
}
