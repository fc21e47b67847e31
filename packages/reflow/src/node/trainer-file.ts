import type { HostTensor } from '@rectified-flow/checkpoints'
import { readSafetensorsFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import type { Trainer } from '../trainer.js'
import type { TrainerState } from '../trainer-state.js'

const FORMAT = 'rectified-flow/trainer'

/**
 * Write the whole state of a trainer to a safetensors file, which has a temporary name until it is complete.
 *
 * @param metadata  your own words to keep in the file
 */
export async function saveTrainer(
  path: string,
  trainer: Trainer,
  { metadata = {} }: { metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const { tensors, ...counters } = await trainer.state()
  const entries = [...tensors].map(([name, { shape, data }]): [string, HostTensor] => [
    name,
    { dtype: 'F32', shape, data },
  ])
  const state = JSON.stringify(counters)
  await writeSafetensorsFile(path, new Map(entries), { ...metadata, format: FORMAT, state })
}

/**
 * Restore the state that `saveTrainer` wrote. Nothing changes unless the whole state fits the trainer.
 *
 * @returns  the file's metadata
 */
export async function loadTrainer(path: string, trainer: Trainer): Promise<Record<string, string>> {
  const { tensors, metadata } = await readSafetensorsFile(path)
  if (metadata.format !== FORMAT)
    throw new RangeError(`reflow.loadTrainer: ${path} must be a trainer's state, got another kind of file.`)
  const counters = JSON.parse(metadata.state ?? '{}') as Omit<TrainerState, 'tensors'>
  trainer.restore({ ...counters, tensors: tensors as TrainerState['tensors'] })
  return metadata
}
