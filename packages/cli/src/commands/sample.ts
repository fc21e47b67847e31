import { type BackendName, compile } from '@rectified-flow/backends'
import { readNpz, toFloat32 } from '@rectified-flow/checkpoints'
import { createRng, indexedNormal } from '@rectified-flow/core'
import type { PngGridOptions } from '@rectified-flow/datasets'
import { solvers } from '@rectified-flow/ode'
import { overshooting, sample, sampleEdm } from '@rectified-flow/reflow'
import type { ForwardOptions } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { type Command, Option } from 'commander'
import { backendOption, startBackend } from '../backend-option.js'
import { classLabels, classOf } from '../class-labels.js'
import type { Origin } from '../folder-origin.js'
import {
  type Fields,
  type GuidanceFlags,
  guidanceOptions,
  guidanceOrigin,
  openGuidance,
} from '../guidance.js'
import { checkImageOutput, imageOutput } from '../image-output.js'
import { inputHash, inside, readInput } from '../input-file.js'
import { limit } from '../max-bytes-option.js'
import { type NetworkOptions, networkHash, networkOptions, openNetwork } from '../open-network.js'
import { parseIndices, parseInteger, parseNumber } from '../parse.js'
import { withProgress } from '../progress.js'
import { addSamplingOptions, type SamplingFlags, samplerOrigin, samplingOf } from '../sampling-options.js'
import { type Shard, shardOf, shardOption } from '../shard.js'
import { stepsOf } from '../shipped-steps.js'
import { runWorkers, wantsWorkers, workersOption } from '../workers.js'

interface Flags extends NetworkOptions, SamplingFlags, GuidanceFlags {
  out: string
  seeds: number[]
  noise?: string
  class?: string
  batch: number
  edm?: boolean
  overshoot?: number
  columns?: number
  scale?: number
  shard?: Shard
  workers: number
  backend?: BackendName
}

/** `rectified-flow sample`: draw images with a flow or a diffusion model, one for each seed. */
export function fillSample(command: Command): Command {
  command
    .requiredOption(
      '--out <path>',
      'NAME.png: a grid; NAME.npz: arr_0; else a folder of PNGs, which the same command completes',
    )
    .addOption(
      new Option('--seeds <list>', "one image each; a seed's image is the same in any batch")
        .argParser(parseIndices)
        .default([...Array(64).keys()], '0-63'),
    )
    .addOption(new Option('--noise <file>', 'instead of seeds: an .npz of `invert`').conflicts('seeds'))
    .option('--class <class>', "class of every image, its number or name (default: each seed's own)")
    .option('--batch <n>', 'images at a time', parseInteger(1), 64)
    .option('--columns <n>', 'of NAME.png: images in a row (default: a square grid)', parseInteger(1, 4096))
    .option('--scale <n>', 'of NAME.png: each pixel becomes n x n pixels', parseInteger(1, 64))
    .option('--edm', "EDM's sampler, for a diffusion model; --steps noise levels (default: 18)")
    .addOption(
      new Option('--overshoot <amount>', 'go so much further in each step, and come back with fresh noise')
        .argParser(parseNumber(0, 1000))
        .conflicts('edm'),
    )
    .addOption(shardOption())
    .addOption(workersOption())
    .addOption(backendOption())
  for (const option of [...guidanceOptions(), ...networkOptions()]) command.addOption(option)
  return addSamplingOptions(command).action(run)
}

async function run(flags: Flags): Promise<void> {
  await checkImageOutput(flags.out)
  gridOf(flags)
  const shard = shardOf(flags.shard)
  if ((shard.count > 1 || flags.workers > 1) && /\.(png|npz)$/.test(flags.out))
    throw new RangeError(`--out must be a folder if several processes write to it, got '${flags.out}'.`)
  const { name } = await startBackend(flags.backend)
  if (wantsWorkers(flags.workers)) {
    const made = await runWorkers(flags.workers, shard, name)
    console.log(`${made} images in ${flags.out}`)
  } else await drawShare(flags, shard)
}

async function drawShare(flags: Flags, shard: Shard): Promise<void> {
  const flow = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const only = classOf('--class', flags.class, flow)
  const fields = await openGuidance(flags, flow)
  const source = await noiseSource(flags, [side, side, channels])
  const output = await imageOutput(flags.out, { grid: gridOf(flags), origin: () => origin(flags, only) })
  const mine = source.numbers.filter((_, i) => i % shard.count === shard.index)
  const todo = await output.missing(mine)
  // Compile the whole sampler, not the velocity: each batch has another velocity, because its labels differ.
  const compiled = compile((z: tf.Tensor4D, labels: ForwardOptions) => draw(fields, z, labels, flags))
  // Fresh noise is drawn on the way, and differs from batch to batch: that can't be compiled.
  const drawn = (z: tf.Tensor4D, labels: ForwardOptions, numbers: readonly number[]) =>
    flags.overshoot ? draw(fields, z, labels, flags, numbers) : compiled(z, labels)
  const there = mine.length - todo.length
  let nfe = 0
  await withProgress({ title: 'sample', total: mine.length, unit: 'images' }, async update => {
    update(there)
    for (let start = 0; start < todo.length; start += flags.batch) {
      const numbers = todo.slice(start, start + flags.batch)
      const labels = () => classLabels(labelDim, numbers, only)
      const { x, nfe: calls } = tf.tidy(() => drawn(source.noise(numbers), labels(), numbers))
      nfe = calls * fields.calls
      await output.write(numbers, x)
      x.dispose()
      update(there + start + numbers.length)
    }
  })
  await output.finish()
  console.log(
    `${todo.length} images in ${flags.out}${nfe ? `, ${nfe} network calls each` : ': all were there'}`,
  )
}

/** All that decides the image of a seed. */
async function origin(flags: Flags, only: number | undefined): Promise<Origin> {
  return {
    network: await networkHash(flags),
    ...samplerOrigin(flags, stepsOf(flags.network)),
    ...(await guidanceOrigin(flags)),
    ...(flags.overshoot && { overshoot: flags.overshoot }),
    ...(only !== undefined && { class: only }),
    ...(flags.noise !== undefined && { noise: await inputHash('--noise', flags.noise) }),
  }
}

function draw(
  fields: Fields,
  z: tf.Tensor4D,
  labels: ForwardOptions,
  flags: Flags,
  numbers: readonly number[] = [],
): { x: tf.Tensor4D; nfe: number } {
  if (flags.edm) return sampleEdm(fields.denoiser(labels), z, { ...(flags.steps && { steps: flags.steps }) })
  const plan = samplingOf(flags, stepsOf(flags.network))
  const fresh = { amount: flags.overshoot ?? 0, rng: createRng(0).fork('overshoot'), indices: numbers }
  const how = flags.overshoot
    ? { ...plan, method: overshooting(solvers[flags.method], fresh), compile: false }
    : plan
  return sample(fields.velocity(labels), z, how) as { x: tf.Tensor4D; nfe: number }
}

/** How the grid of a NAME.png looks. */
function gridOf({ out, columns, scale }: Flags): PngGridOptions {
  const option = columns ? '--columns' : '--scale'
  if ((columns ?? scale) && !out.endsWith('.png'))
    throw new RangeError(`${option} must come with a grid, --out NAME.png, got --out '${out}'.`)
  return { ...(columns && { columns }), ...(scale && { scale }) }
}

/** The noise of each image by its number, which is a seed, or a row of the file `--noise`. */
async function noiseSource(
  { noise: path, seeds, maxBytes }: Flags,
  shape: readonly [number, number, number],
): Promise<{ numbers: number[]; noise(numbers: readonly number[]): tf.Tensor4D }> {
  if (path === undefined) {
    const rng = createRng(0)
    return { numbers: seeds, noise: numbers => indexedNormal(rng, numbers, shape) }
  }
  const bytes = await readInput('--noise', path)
  const stored = (await inside(`--noise '${path}'`, () => readNpz(bytes, limit(maxBytes)))).get('arr_0')
  if (!stored || stored.shape[0] === 0 || String(stored.shape.slice(1)) !== String(shape))
    throw new RangeError(
      `--noise must hold arr_0 [N,${shape}], got ${stored ? `[${stored.shape}]` : 'no arr_0'} in '${path}'.`,
    )
  const all = toFloat32(stored)
  const size = all.length / stored.shape[0]!
  const rows = (numbers: readonly number[]) => {
    const data = new Float32Array(numbers.length * size)
    for (const [i, n] of numbers.entries()) data.set(all.subarray(n * size, (n + 1) * size), i * size)
    return tf.tensor4d(data, [numbers.length, ...shape])
  }
  return { numbers: [...Array(stored.shape[0]).keys()], noise: rows }
}
