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

/** Each participant's memory for a training step, in a process of its own, one after the other. */
export async function measureMemory(
  folder: string,
  participants: readonly Participant[],
  { quick }: { quick: boolean },
): Promise<BatchMemory[]> {
  const rows: BatchMemory[] = []
  for (const batch of BATCHES[quick ? 'quick' : 'full']) {
    const one = trainingCase(quick, batch)
    console.error(`memory of a ${one.name}: ${one.size}`)
    const file = join(folder, 'inputs.safetensors')
    writeFileSync(file, writeSafetensors(one.inputs()))
    const growth: BatchMemory['growth'] = {}
    for (const participant of participants) {
      try {
        await participant.start()
        growth[participant.id] = await participant.ask('memory', { case: one.name, file })
      } catch (error) {
        growth[participant.id] = { failed: (error as Error).message }
      }
      await participant.stop()
    }
    rows.push({ batch, growth })
  }
  return rows
}
