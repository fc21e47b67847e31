import { useBackend } from '@rectified-flow/backends'
import type { Checkpoint } from '@rectified-flow/checkpoints'
import { trainerStateOf } from '@rectified-flow/reflow/node'
import { toTorchState, type UNetConfig } from '@rectified-flow/unet'
import { readNetwork } from './open-network.js'

/** Whether a file is a checkpoint of `train`. */
export function isTrainerState({ metadata }: Checkpoint): boolean {
  return metadata.format === 'rectified-flow/trainer'
}

/** What a safetensors file says about its network, so that commands and `loadUNet` open it. */
export function networkMetadata(config: UNetConfig): Record<string, string> {
  return { format: `rectified-flow/${config.type}-unet`, config: JSON.stringify(config) }
}

/**
 * A checkpoint of `train` for PyTorch: weights, moving averages and Adam's moments under the reference's names.
 *
 * @param checkpoint  the content of the file at `path`
 * @param network     a file of the network, for its configuration and its buffers, which a checkpoint doesn't hold
 */
export async function torchCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  network: string | undefined,
  maxBytes: number | undefined,
): Promise<Checkpoint> {
  if (network === undefined)
    throw new RangeError(
      `--network must be given for a checkpoint of \`train\`, '${path}', got none. It is any file of this network, such as ` +
        'network.safetensors of its run.',
    )
  await useBackend('cpu') // nothing is computed
  const { net, classNames } = await readNetwork(network, {
    config: undefined,
    name: '--network',
    hint: 'a file that `train` wrote',
    ...(maxBytes !== undefined && { maxBytes }),
  })
  try {
    const { state } = trainerStateOf(path, checkpoint)
    return {
      format: 'safetensors',
      tensors: await toTorchState(net, state),
      metadata: {
        ...networkMetadata(net.config),
        ...(classNames && { classNames: JSON.stringify(classNames) }),
        step: String(state.step),
        updates: String(state.step - state.skipped),
      },
    }
  } finally {
    net.dispose()
  }
}
