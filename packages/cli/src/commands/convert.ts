import { type Checkpoint, type HostTensor, writeSafetensors } from '@rectified-flow/checkpoints'
import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import { configFromEdm } from '@rectified-flow/unet'
import type { Command } from 'commander'
import { checkOutput } from '../check-output.js'
import { hanging } from '../fit-columns.js'
import { checkFile } from '../input-file.js'
import { limit, type MaxBytesFlag, maxBytesOption } from '../max-bytes-option.js'
import { isTrainerState, networkMetadata, torchCheckpoint } from '../torch-checkpoint.js'
import { writeOutput } from '../write-output.js'

interface Flags extends MaxBytesFlag {
  prefix?: string
  network?: string
}

/**
 * `rectified-flow convert IN OUT`: any weights file that we read, to safetensors. Without OUT it only shows the content. A
 * checkpoint of `train` becomes a file for PyTorch.
 */
export function fillConvert(command: Command): Command {
  return command
    .argument('<in>', '.safetensors, .pth (zip or legacy), an EDM .pkl, .npz, or a checkpoint of `train`')
    .argument('[out]', 'the .safetensors file to write')
    .option(
      '--prefix <text>',
      'take only tensors whose names start with this, and remove it from their names',
    )
    .option(
      '--network <file>',
      'for a checkpoint of `train`: any file of this network, such as network.safetensors of its run',
    )
    .addOption(maxBytesOption())
    .action(async (input: string, output: string | undefined, { prefix, network, maxBytes }: Flags) => {
      await checkFile('<in>', input)
      if (output !== undefined) await checkOutput('[out]', output, 'file')
      const read = await readCheckpointFile(input, limit(maxBytes))
      const checkpoint = isTrainerState(read) ? await torchCheckpoint(input, read, network, maxBytes) : read
      const tensors = select(checkpoint, prefix, input)
      console.log(describe(checkpoint, tensors))
      if (output === undefined) return
      await writeOutput(output, writeSafetensors(tensors, metadataOf(checkpoint)))
      console.log(`wrote ${output}`)
    })
}

function select({ tensors }: Checkpoint, prefix = '', path: string): Map<string, HostTensor> {
  const selected = new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor] as const),
  )
  if (selected.size === 0) {
    const [first] = tensors.keys()
    throw new RangeError(
      first === undefined
        ? `'${path}' must hold tensors, got none.`
        : `--prefix must begin a tensor's name, such as '${first.slice(0, 80)}', got '${prefix.slice(0, 80)}'.`,
    )
  }
  return selected
}

/** The metadata of our own files is kept. For an EDM pickle, the configuration of its network is written. */
function metadataOf({ metadata, network }: Checkpoint): Record<string, string> {
  if (!network) return metadata
  return networkMetadata(configFromEdm(network).config)
}

function describe({ format, network }: Checkpoint, tensors: Map<string, HostTensor>): string {
  const rows = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, `[${shape.join(', ')}]`] as const)
  const width = rows.reduce((most, [name]) => Math.max(most, name.length), 0)
  const parameters = [...tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  )
  return [
    ...rows.map(([name, dtype, shape]) => `${name.padEnd(width)}  ${dtype.padEnd(4)}  ${shape}`),
    `${format}: ${rows.length} tensors, ${parameters.toLocaleString('en-US')} numbers`,
    ...(network
      ? [hanging('network: ', `${network.className} ${JSON.stringify(network.kwargs).replaceAll(',', ', ')}`)]
      : []),
  ].join('\n')
}
