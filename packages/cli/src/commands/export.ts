import { useBackend } from '@rectified-flow/backends'
import { exportOnnx } from '@rectified-flow/flow/node'
import { type Command, Option } from 'commander'
import { checkOutput } from '../check-output.js'
import { type NetworkOptions, networkOptions, openNetwork } from '../open-network.js'
import { addSamplingOptions, type SamplingFlags, samplingOf } from '../sampling-options.js'
import { stepsOf } from '../shipped-steps.js'

interface Flags extends NetworkOptions, SamplingFlags {
  out: string
  dtype: 'F32' | 'F16'
}

/** `rectified-flow export`: a network with its sampler folded in, as an ONNX model. */
export function fillExport(command: Command): Command {
  command
    .requiredOption('--out <file>', 'the .onnx file; weights above 2 GB go to FILE.data beside it')
    .addOption(
      new Option('--dtype <type>', 'of weights and computation; inputs and outputs are float32')
        .choices(['F32', 'F16'])
        .default('F32'),
    )
  for (const option of networkOptions()) command.addOption(option)
  return addSamplingOptions(command).action(run)
}

async function run(flags: Flags): Promise<void> {
  const { out, dtype, network } = flags
  await checkOutput('--out', out, 'file')
  await useBackend('cpu') // it only holds the weights: nothing is drawn
  const flow = await openNetwork(flags)
  const files = await exportOnnx(flow, out, { ...samplingOf(flags, stepsOf(network)), dtype })
  const { imgResolution: side, inChannels: channels, labelDim: classes } = flow.net.config
  const inputs = [
    `noise [B,${channels},${side},${side}]`,
    ...(classes > 0 ? [`class_labels [B,${classes}]`] : []),
  ]
  console.log(`${files.join(', ')}: ${inputs.join(', ')} -> images [B,${channels},${side},${side}]`)
}
