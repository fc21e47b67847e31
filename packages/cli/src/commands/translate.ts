import { type BackendName, compile } from '@rectified-flow/backends'
import { createRng, indexedNormal } from '@rectified-flow/core'
import { readBatch } from '@rectified-flow/datasets'
import { type SolverName, solvers } from '@rectified-flow/ode'
import { translate } from '@rectified-flow/reflow'
import type { ForwardOptions } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { Command } from 'commander'
import { backendOption, startBackend } from '../backend-option.js'
import { openChosenImages } from '../chosen-images.js'
import { classOf, dataLabels, forwardLabels } from '../class-labels.js'
import { type GuidanceFlags, guidanceOptions, guidanceOrigin, openGuidance } from '../guidance.js'
import { checkImageOutput, imageOutput } from '../image-output.js'
import { type NetworkOptions, networkHash, networkOptions, openNetwork } from '../open-network.js'
import { parseIndices, parseInteger, parseSteps } from '../parse.js'
import { withProgress } from '../progress.js'
import { type ResolutionFlag, resolutionOption } from '../resolution-option.js'
import { methodOption } from '../sampling-options.js'
import { sourceFingerprint } from '../source-fingerprint.js'

interface Flags extends NetworkOptions, ResolutionFlag, GuidanceFlags {
  out: string
  from?: string
  to: string
  images?: number[]
  inversionSteps: number
  steps: number
  method: SolverName
  batch: number
  backend?: BackendName
}

/** `rectified-flow translate DATA --to CLASS`: images of one class redrawn as another. */
export function fillTranslate(command: Command): Command {
  command
    .argument('<data>', 'a folder or zip of images, an .npz, MNIST or CIFAR-10')
    .requiredOption('--to <class>', 'the class to go to, its number or name')
    .requiredOption(
      '--out <path>',
      'NAME.png: a grid; NAME.npz: arr_0; else a folder of PNGs, which the same command completes',
    )
    .option('--from <class>', "the class of the images (default: the data's own)")
    .option('--images <list>', 'which images, such as 0-63 (default: all)', parseIndices)
    .addOption(resolutionOption())
    .option('--inversion-steps <n>', 'grid intervals on the way to noise', parseSteps, 4)
    .option('--steps <n>', 'grid intervals on the way back', parseSteps, 2)
    .addOption(methodOption())
    .option('--batch <n>', 'images at a time', parseInteger(1), 64)
    .addOption(backendOption())
  for (const option of [...guidanceOptions(), ...networkOptions()]) command.addOption(option)
  return command.action(run)
}

async function run(data: string, flags: Flags): Promise<void> {
  await checkImageOutput(flags.out)
  await startBackend(flags.backend)
  const flow = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const to = classOf('--to', flags.to, flow)!
  const from = classOf('--from', flags.from, flow)
  const method = solvers[flags.method]
  const fields = await openGuidance(flags, flow)
  const { source, images } = await openChosenImages(flow.net.config, data, {
    ...{ images: flags.images, resolution: flags.resolution, maxBytes: flags.maxBytes },
    ...{ option: '--from', only: from },
  })
  const output = await imageOutput(flags.out, {
    origin: async () => ({
      network: await networkHash(flags),
      data: await sourceFingerprint(source),
      ...(from !== undefined && { from }),
      ...{ to, method: flags.method, inversionSteps: flags.inversionSteps, steps: flags.steps },
      ...(await guidanceOrigin(flags)),
    }),
  })
  const todo = await output.missing(images)
  // Compile the whole translation, not the velocities: each batch has other velocities, because its labels differ.
  const translated = compile((x: tf.Tensor, noise: tf.Tensor, from: ForwardOptions, to: ForwardOptions) => {
    // Guidance makes a flow that doesn't end at the noise it was trained with, so it only draws.
    const ways = { from: flow.velocity(from), to: fields.velocity(to) }
    const inversion = { steps: flags.inversionSteps, method }
    return translate(x, { ...ways, noise, inversion, sampling: { steps: flags.steps, method } })
      .x as tf.Tensor4D
  })
  const there = images.length - todo.length
  await withProgress({ title: 'translate', total: images.length, unit: 'images' }, async update => {
    update(there)
    for (let start = 0; start < todo.length; start += flags.batch) {
      const indices = todo.slice(start, start + flags.batch)
      const { x, labels } = await readBatch(source, indices)
      const drawn = tf.tidy(() => {
        const noise = indexedNormal(createRng(0), indices, [side, side, channels])
        const own = dataLabels(labelDim, labels, indices.length, from)
        return translated(x, noise, own, forwardLabels(labelDim, Array(indices.length).fill(to)))
      })
      await output.write(indices, drawn)
      tf.dispose([x, drawn, ...(labels ? [labels] : [])])
      update(there + start + indices.length)
    }
  })
  await source.close()
  await output.finish()
  console.log(`${todo.length} images in ${flags.out}`)
}
