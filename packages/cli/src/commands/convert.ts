import type { Checkpoint, HostTensor } from '@rectified-flow/checkpoints'
import { readCheckpointFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { configFromEdm } from '@rectified-flow/unet'
import { Command } from 'commander'

/** `rectified-flow convert IN OUT`: any weights file that we read, to safetensors. Without OUT it only shows the content. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('show what a weights file holds, and write it as safetensors')
    .argument('<in>', '.safetensors, .pth (zip or legacy), an EDM .pkl, or .npz')
    .argument('[out]', 'the .safetensors file to write')
    .option(
      '--prefix <text>',
      'take only tensors whose names start with this, and remove it from their names',
    )
    .action(async (input: string, output: string | undefined, { prefix }: { prefix?: string }) => {
      const checkpoint = await readCheckpointFile(input)
      const tensors = select(checkpoint, prefix)
      console.log(describe(checkpoint, tensors))
      if (!output) return
      await writeSafetensorsFile(output, tensors, metadataOf(checkpoint))
      console.log(`wrote ${output}`)
    })
}

function select({ tensors }: Checkpoint, prefix = ''): Map<string, HostTensor> {
  const selected = new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor] as const),
  )
  if (selected.size === 0)
    throw new RangeError(
      `no tensor's name starts with '${prefix}'; the first is '${[...tensors.keys()][0]}'.`,
    )
  return selected
}

/** The metadata of our own files is kept. For an EDM pickle, the configuration of its network is written. */
function metadataOf({ metadata, network }: Checkpoint): Record<string, string> {
  if (!network) return metadata
  const { config } = configFromEdm(network)
  return { format: `rectified-flow/${config.type}-unet`, config: JSON.stringify(config) }
}

function describe({ format, network }: Checkpoint, tensors: Map<string, HostTensor>): string {
  const rows = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, `[${shape.join(', ')}]`] as const)
  const width = Math.max(...rows.map(([name]) => name.length))
  const parameters = [...tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  )
  return [
    ...rows.map(([name, dtype, shape]) => `${name.padEnd(width)}  ${dtype.padEnd(4)}  ${shape}`),
    `${format}: ${rows.length} tensors, ${parameters.toLocaleString('en-US')} numbers`,
    ...(network ? [`network: ${network.className} ${JSON.stringify(network.kwargs)}`] : []),
  ].join('\n')
}
