import type { LossName, PointSetName, SolverName, TimestepsName } from '../choices.js'

export interface PlaneSettings {
  data: PointSetName
  /** The inked cells of the drawn distribution, row by row from the top. */
  ink: readonly boolean[]
  seed: number
}

export interface TrainingSettings {
  steps: number
  timesteps: TimestepsName
  loss: LossName
}

/** Which flow's paths to show, and how to solve them. */
export interface ViewSettings {
  /** 0 for the 1-rectified flow, and so on. */
  round: number
  solver: SolverName
  nfe: number
}

/** The paths of a flow, measured. Points are stored as x and y in turn. */
export interface View {
  /** States of every particle at evenly falling times, [times][particle]. */
  states: Float32Array[]
  nfe: number
  straightness: number
  /** Energy distance of the arrived particles to the data, and the same for particles that take a single Euler step. */
  distance: number
  oneStepDistance: number
}

/** Noise and data of the pairs that a round learns from. */
export interface PairsView {
  z: Float32Array
  x: Float32Array
}

export interface Progress {
  round: number
  step: number
  steps: number
  /** Mean since the last report. */
  loss: number
  stepMs: number
  view: View
}
