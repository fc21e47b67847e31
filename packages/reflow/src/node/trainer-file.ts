import type { Checkpoint, HostTensor } from '@rectified-flow/checkpoints'
import { readSafetensorsFile, withChecksum, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { checkKind, checkOptions, checkText, describe } from '@rectified-flow/core'
import type { Trainer } from '../trainer.js'
import type { TrainerState } from '../trainer-state.js'

const FORMAT = 'rectified-flow/trainer'

/** What a file holds: a state, which may not fit a trainer, and the words that were kept with it. */
export interface TrainerFile {
  state: TrainerState
  metadata: Readonly<Record<string, string>>
}

/**
 * Write the whole state of a trainer to a safetensors file, which has a temporary name until it is complete. It has a
 * checksum, which `loadTrainer` checks.
 *
 * @param metadata  your own words to keep in the file
 */
export async function saveTrainer(
  path: string,
  trainer: Trainer,
  options: { metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  checkOptions<{ metadata?: Readonly<Record<string, string>> }>('reflow.saveTrainer', options, {
    metadata: 'optional',
  })
  const { metadata = {} } = options
  checkText('reflow.saveTrainer', 'path', path)
  checkKind('reflow.saveTrainer', 'trainer', trainer, 'a Trainer', ['state'])
  await writeTrainerFile(path, { state: await trainer.state(), metadata })
}

/**
 * Restore the state that `saveTrainer` wrote. Nothing changes unless the whole state is as it was written and fits the
 * trainer.
 *
 * @returns  the file's metadata
 */
export async function loadTrainer(path: string, trainer: Trainer): Promise<Record<string, string>> {
  checkText('reflow.loadTrainer', 'path', path)
  checkKind('reflow.loadTrainer', 'trainer', trainer, 'a Trainer', ['restore'])
  const { state, metadata } = await readTrainerFile(path)
  restoreFile(path, trainer, state)
  return { ...metadata }
}

/** Restore a state that was read from a file; an error names the file. */
export function restoreFile(path: string, trainer: Trainer, state: TrainerState): void {
  try {
    trainer.restore(state)
  } catch (cause) {
    throw new RangeError(`${(cause as Error).message} The file is '${path}'.`, { cause })
  }
}

export async function writeTrainerFile(path: string, { state, metadata }: TrainerFile): Promise<void> {
  const { tensors, ...counters } = state
  const entries = [...tensors].map(([name, { shape, data }]): [string, HostTensor] => [
    name,
    { dtype: 'F32', shape, data },
  ])
  const stored = new Map(entries)
  const words = { ...metadata, format: FORMAT, state: JSON.stringify(counters) }
  await writeSafetensorsFile(path, stored, withChecksum(stored, words))
}

/** The state in a file of `saveTrainer` or a checkpoint of `train`, without a trainer, such as for `toTorchState`. */
export async function readTrainerState(path: string): Promise<TrainerFile> {
  checkText('reflow.readTrainerState', 'path', path)
  return readTrainerFile(path)
}

export async function readTrainerFile(path: string): Promise<TrainerFile> {
  return trainerStateOf(path, await readSafetensorsFile(path))
}

/** The state in a file that is read already, for example by `readCheckpointFile`. Errors name its path. */
export function trainerStateOf(
  path: string,
  { tensors, metadata }: Pick<Checkpoint, 'tensors' | 'metadata'>,
): TrainerFile {
  const state = { ...countersOf(path, metadata), tensors: tensors as TrainerState['tensors'] }
  return { state, metadata }
}

/** The counters of a state in the metadata of its file. Their values are not checked. */
export function countersOf(
  path: string,
  { format, state = '' }: Readonly<Record<string, string>>,
): Omit<TrainerState, 'tensors'> {
  if (format !== FORMAT)
    throw new RangeError(
      `reflow.loadTrainer: path must be a trainer's state, got another kind of file, '${path}'.`,
    )
  try {
    return { ...(JSON.parse(state) as Omit<TrainerState, 'tensors'>) }
  } catch (cause) {
    throw new RangeError(
      `reflow.loadTrainer: state in the metadata must be JSON, got ${describe(state.slice(0, 40))} in '${path}'.`,
      { cause },
    )
  }
}
