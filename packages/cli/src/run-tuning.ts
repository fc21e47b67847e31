import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Precision, type Tuning, tuneConvolutions, useBackend } from '@rectified-flow/backends'
import type { Trainer } from '@rectified-flow/reflow'
import * as z from 'zod'
import { inside } from './input-file.js'
import { writeOutput } from './write-output.js'

const table = z.object({ device: z.string(), variants: z.record(z.string(), z.string()) })

/**
 * On a GPU through WebGPU, compute the convolutions of a run with the shaders that are the fastest there. They are timed before
 * the run's first step, and its folder keeps the table, so that a run that goes on has the same bits.
 *
 * @param folder   the run's
 * @param trainer  before its first step; it is left as it was
 */
export async function tuneRun(folder: string, trainer: Trainer, precision: Precision): Promise<void> {
  const path = join(folder, 'tuning.json')
  if (existsSync(path)) {
    const tuning: Tuning = await inside(path, async () =>
      table.parse(JSON.parse(await readFile(path, 'utf8'))),
    )
    await useBackend('webgpu', { precision, tuning })
    return
  }
  if (existsSync(join(folder, 'checkpoints'))) return // it began without a table
  const state = await trainer.state()
  await trainer.advance()
  const tuning = await tuneConvolutions()
  trainer.restore(state)
  await writeOutput(path, `${JSON.stringify(tuning, undefined, 2)}\n`)
}
