import type { HostTensor } from '@rectified-flow/checkpoints'
import { readSafetensorsFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import type { Trainer } from '../trainer.js'
import type { TrainerState } from '../trainer-state.js'

const FORMAT = 'rectified-flow/trainer'

/**
 * Write the whole state of a trainer to a safetensors file, under a temporary name until it is whole.
 *
 * @param metadata  words of your own to keep with it
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
 * Bring a trainer to the state that `saveTrainer` wrote. Nothing changes unless all of it fits.
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
