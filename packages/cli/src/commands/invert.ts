import { type BackendName, compile } from '@rectified-flow/backends'
import { writeNpz } from '@rectified-flow/checkpoints'
import { createRng, indexedNormal } from '@rectified-flow/core'
import { readBatch } from '@rectified-flow/datasets'
import { type SolverName, solvers } from '@rectified-flow/ode'
import { invert } from '@rectified-flow/reflow'
import type { ForwardOptions } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { Command } from 'commander'
import { backendOption, startBackend } from '../backend-option.js'
import { checkOutput } from '../check-output.js'
import { openChosenImages } from '../chosen-images.js'
import { classOf, dataLabels } from '../class-labels.js'
import { finiteRows } from '../finite-rows.js'
import { type NetworkOptions, networkOptions, openNetwork } from '../open-network.js'
import { parseIndices, parseInteger, parseSteps } from '../parse.js'
import { withProgress } from '../progress.js'
import { type ResolutionFlag, resolutionOption } from '../resolution-option.js'
import { methodOption } from '../sampling-options.js'
import { writeOutput } from '../write-output.js'

interface Flags extends NetworkOptions, ResolutionFlag {
  out: string
  images?: number[]
  class?: string
  steps: number
  method: SolverName
  batch: number
  backend?: BackendName
}

/** `rectified-flow invert DATA`: the noise that a flow takes to given images. */
export function fillInvert(command: Command): Command {
  command
    .argument('<data>', 'a folder or zip of images, an .npz, MNIST or CIFAR-10')
    .requiredOption('--out <file.npz>', 'arr_0: the noise [N,H,W,C] in float32')
    .option('--images <list>', 'which images, such as 0-63 (default: all)', parseIndices)
    .addOption(resolutionOption())
    .option('--class <class>', "class of the images, its number or name (default: the data's own)")
    .option('--steps <n>', 'grid intervals', parseSteps, 4)
    .addOption(methodOption())
    .option('--batch <n>', 'images at a time', parseInteger(1), 64)
    .addOption(backendOption())
  for (const option of networkOptions()) command.addOption(option)
  return command.action(run)
}

async function run(data: string, flags: Flags): Promise<void> {
  await checkOutput('--out', flags.out, 'file')
  await startBackend(flags.backend)
  const flow = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const only = classOf('--class', flags.class, flow)
  const { source, images } = await openChosenImages(flow.net.config, data, {
    ...{ images: flags.images, resolution: flags.resolution, maxBytes: flags.maxBytes },
    ...{ option: '--class', only },
  })
  const shape = [side, side, channels] as const
  const noise = new Float32Array(images.length * side * side * channels)
  // Compile the whole inversion, not the velocity: each batch has another velocity, because its labels differ.
  const noiseOf = compile(
    (x: tf.Tensor, fresh: tf.Tensor, labels: ForwardOptions) =>
      invert(flow.velocity(labels), x, { noise: fresh, steps: flags.steps, method: solvers[flags.method] }).z,
  )
  await withProgress({ title: 'invert', total: images.length, unit: 'images' }, async update => {
    update(0)
    for (let start = 0; start < images.length; start += flags.batch) {
      const indices = images.slice(start, start + flags.batch)
      const { x, labels } = await readBatch(source, indices)
      const z = tf.tidy(() => {
        const fresh = indexedNormal(createRng(0), indices, shape)
        return noiseOf(x, fresh, dataLabels(labelDim, labels, indices.length, only))
      })
      for (const [i, row] of (await finiteRows('cli.invert', 'the noise of image', indices, z)).entries())
        noise.set(row, (start + i) * row.length)
      tf.dispose([x, z, ...(labels ? [labels] : [])])
      update(start + indices.length)
    }
  })
  await source.close()
  await writeOutput(
    flags.out,
    await writeNpz({ arr_0: { dtype: 'F32', shape: [images.length, ...shape], data: noise } }),
  )
  console.log(`the noise of ${images.length} images in ${flags.out}`)
}
