import type { LossName, TimestepsName } from '../choices.js'
import type { ErrorPoint } from './plane-messages.js'

/** One flow of a race. */
export interface Racer {
  timesteps: TimestepsName
  loss: LossName
}

export interface Racing {
  racers: readonly Racer[]
  /** Training steps of each. */
  steps: number
  seed: number
}

/** A racer after some steps. */
export interface RaceReport extends ErrorPoint {
  racer: number
  step: number
  /** Where particles end in one network call, x and y in turn. */
  ends: Float32Array
  /** Mean loss so far in equal intervals of time from t = 0 to 1; NaN where there was none. */
  losses: readonly number[]
  /** Density of the times that it trains on, in the middle of equal intervals. */
  densities: readonly number[]
}
