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

/** States of particles at evenly falling times, from noise to data; a state holds x and y of each particle in turn. */
export type Paths = readonly Float32Array[]

/** Noise and data of the pairs that a round learns from. */
export interface PairsView {
  z: Float32Array
  x: Float32Array
}

/** A place of the plane at a time: t = 1 is noise, t = 0 is data. */
export interface Place {
  x: number
  y: number
  t: number
}

/** How far from the data particles end after so many network calls. */
export interface ErrorPoint {
  nfe: number
  /** Squared energy distance to the data, an estimate without bias, and its standard error. */
  square: number
  deviation: number
}

export interface Progress {
  round: number
  step: number
  steps: number
  /** Mean since the last report. */
  loss: number
  stepMs: number
  /** The flow's paths now. */
  frame: Paths
}
