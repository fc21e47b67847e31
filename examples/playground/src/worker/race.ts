import { createRng } from '@rectified-flow/core'
import { TimeBins } from '@rectified-flow/losses-lpips-huber'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'
import { breathe } from './breathe.js'
import type { Plane } from './plane.js'
import type { RaceReport, Racing } from './race-messages.js'
import { createTrainer } from './training.js'

const REPORT_EVERY = 25
const BINS = 12
const DENSITIES = 48

/**
 * Train 2-rectified flows side by side, one step each in turn, from the same weights, on the same pairs of the series' first
 * flow. They differ in their distribution of times or in their loss only.
 *
 * @param onReport  returns whether to go on
 */
export async function race(
  plane: Plane,
  { racers, steps, seed }: Racing,
  onReport: (report: RaceReport) => boolean,
): Promise<void> {
  const flows = []
  try {
    for (const racer of racers) {
      const start = await plane.secondFlow()
      if (!start) return
      const { weights, coupling } = start
      const trainer = createTrainer(weights, coupling, racer, createRng(seed))
      const { density } = timestepDistributions[racer.timesteps].make({})
      const densities = Array.from({ length: DENSITIES }, (_, i) => density((i + 0.5) / DENSITIES))
      flows.push({ weights, trainer, densities, bins: new TimeBins(BINS) })
    }
    for (let step = 0; step <= steps; step++)
      for (const [racer, { trainer, densities, bins }] of flows.entries()) {
        if (step > 0) {
          const { times, losses } = await trainer.advance()
          bins.add(times, losses)
        }
        await breathe()
        if (step % REPORT_EVERY > 0 && step < steps) continue
        const measured = await plane.measure(trainer.ema, { solver: 'euler', nfe: 1 })
        const means = bins.bins().map(({ mean }) => mean)
        if (!measured || !onReport({ racer, step, ...measured, losses: means, densities })) return
      }
  } finally {
    for (const { weights, trainer } of flows) {
      trainer.dispose()
      tf.dispose([...weights.values()])
    }
  }
}
