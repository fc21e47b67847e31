import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSafetensors } from '@rectified-flow/checkpoints'
import { trainingCase } from './cases/network.js'
import type { Participant } from './participant.js'
import type { Growth } from './protocol.js'

/** How a training step's memory grows with its batch, for each participant. */
export interface BatchMemory {
  batch: number
  growth: Record<string, Growth | { failed: string }>
}

/** The batches that are compared; the second is four times the first. */
const BATCHES = { full: [8, 32], quick: [1, 4] }

/** Each batch is measured so often, in turns, so that a machine that changes its speed does not show in their ratio. */
const TURNS = { full: 3, quick: 1 }

/** Each participant's memory for a training step, in a process of its own, one after the other. */
export async function measureMemory(
  folder: string,
  participants: readonly Participant[],
  { quick }: { quick: boolean },
): Promise<BatchMemory[]> {
  const size = quick ? 'quick' : 'full'
  const rows: BatchMemory[] = BATCHES[size].map(batch => ({ batch, growth: {} }))
  for (let turn = 0; turn < TURNS[size]; turn++)
    for (const { batch, growth } of rows) {
      const one = trainingCase(quick, batch)
      console.error(`memory of a ${one.name}: ${one.size}`)
      const file = join(folder, 'inputs.safetensors')
      writeFileSync(file, writeSafetensors(one.inputs()))
      for (const participant of participants) {
        const before = growth[participant.id]
        if (before && 'failed' in before) continue
        try {
          await participant.start()
          const now = await participant.ask('memory', { case: one.name, file })
          growth[participant.id] = before ? ofBoth(before, now) : now
        } catch (error) {
          growth[participant.id] = { failed: (error as Error).message }
        }
        await participant.stop()
      }
    }
  return rows
}

/** The most memory of two turns, and the time of the fastest run. */
const ofBoth = (one: Growth, other: Growth): Growth => ({
  ...one,
  peak: Math.max(one.peak, other.peak),
  ms: Math.min(one.ms, other.ms),
})
