import type { HostTensor } from '@rectified-flow/checkpoints'
import { readSafetensorsFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import type { Trainer, TrainerState } from '../trainer.js'

const FORMAT = 'rectified-flow/trainer'

/** Write the whole state of a trainer to a safetensors file, under a temporary name until it is whole. */
export async function saveTrainer(path: string, trainer: Trainer): Promise<void> {
  const { step, tensors } = await trainer.state()
  const entries = [...tensors].map(([name, { shape, data }]): [string, HostTensor] => [
    name,
    { dtype: 'F32', shape, data },
  ])
  await writeSafetensorsFile(path, new Map(entries), { format: FORMAT, step: String(step) })
}

/** Bring a trainer to the state that `saveTrainer` wrote. Nothing changes unless all of it fits. */
export async function loadTrainer(path: string, trainer: Trainer): Promise<void> {
  const { tensors, metadata } = await readSafetensorsFile(path)
  if (metadata.format !== FORMAT)
    throw new RangeError(`reflow.loadTrainer: ${path} must be a trainer's state, got another kind of file.`)
  trainer.restore({ step: Number(metadata.step), tensors: tensors as TrainerState['tensors'] })
}
