import type { Denoiser, Field } from '@rectified-flow/core'
import type { Flow } from '@rectified-flow/flow'
import { shippedFile } from '@rectified-flow/flow/node'
import { denoiser, type ForwardOptions, guided } from '@rectified-flow/unet'
import { Option } from 'commander'
import type { Origin } from './folder-origin.js'
import { inputHash } from './input-file.js'
import type { MaxBytesFlag } from './max-bytes-option.js'
import { readNetwork } from './open-network.js'
import { parseInterval, parseNumber } from './parse.js'
import { warn } from './warn.js'

export interface GuidanceFlags {
  guidance?: number
  guide?: string
  guidanceInterval?: [number, number]
  guidanceRescale?: number
}

/** `--guidance SCALE` and what belongs to it, for every command that draws. */
export function guidanceOptions(): Option[] {
  return [
    new Option(
      '--guidance <scale>',
      'go away from what a guide would draw: 1 is no guidance, 2 shows classes more clearly',
    ).argParser(parseNumber(-1000, 1000)),
    new Option(
      '--guide <file>',
      'the guide: a smaller or less trained network (default: the network itself, without labels)',
    ),
    new Option('--guidance-interval <from,to>', 'guide only at times between these').argParser(parseInterval),
    new Option(
      '--guidance-rescale <share>',
      'share of the contrast without guidance to restore (default: 0)',
    ).argParser(parseNumber(0, 1)),
  ]
}

/** A flow's fields by labels; with `--guidance`, guided ones, which call two networks at every time. */
export interface Fields {
  velocity(labels: ForwardOptions): Field
  denoiser(labels: ForwardOptions): Denoiser
  /** Network calls in a call of a field. */
  readonly calls: 1 | 2
}

/** Read the guide, if one is asked for, and check that it fits the flow. */
export async function openGuidance(flags: GuidanceFlags & MaxBytesFlag, flow: Flow): Promise<Fields> {
  const { guidance: scale, guidanceInterval: interval, guidanceRescale: rescale } = flags
  if (scale === undefined) {
    const given = (['guide', 'guidanceInterval', 'guidanceRescale'] as const).find(
      key => flags[key] !== undefined,
    )
    if (given) throw new RangeError(`--guidance must be given with ${optionOf[given]}, got none.`)
    return {
      velocity: labels => flow.velocity(labels),
      denoiser: labels => flow.denoiser(labels),
      calls: 1,
    }
  }
  const guide = await openGuide(flags, flow)
  const options = { scale, ...(interval && { interval }), ...(rescale !== undefined && { rescale }) }
  const velocity = (labels: ForwardOptions) => guided(flow.velocity(labels), guide(labels), options)
  return { velocity, denoiser: labels => denoiser(velocity(labels)), calls: 2 }
}

const optionOf = {
  guide: '--guide',
  guidanceInterval: '--guidance-interval',
  guidanceRescale: '--guidance-rescale',
}

/** The guide's velocity by the labels of the images. */
async function openGuide(
  { guide: path, maxBytes }: GuidanceFlags & MaxBytesFlag,
  flow: Flow,
): Promise<Fields['velocity']> {
  const { imgResolution: side, inChannels: channels, labelDim, labelDropout } = flow.net.config
  if (path === undefined) {
    if (labelDim === 0)
      throw new RangeError('--guide must be given, because this network has no classes, got none.')
    if (labelDropout === 0)
      warn('the network was trained with a label for every image: without labels it may not be a guide.')
    return () => flow.velocity()
  }
  const hint = 'a file that `train` wrote'
  const guide = await readNetwork(shippedFile(path) ?? path, {
    name: '--guide',
    hint,
    config: undefined,
    maxBytes,
  })
  const { imgResolution, inChannels, labelDim: classes } = guide.net.config
  const shape = `[${side},${side},${channels}]`
  const got = `[${imgResolution},${imgResolution},${inChannels}]`
  if (shape !== got)
    throw new RangeError(`--guide must draw images ${shape}, as the network does, got ${got}.`)
  if (classes !== 0 && classes !== labelDim)
    throw new RangeError(`--guide must have ${labelDim} classes or none, as the network, got ${classes}.`)
  return labels => guide.velocity(classes === 0 ? {} : labels)
}

/** The guidance, for a record of how images were made; empty without. */
export async function guidanceOrigin(flags: GuidanceFlags): Promise<Origin> {
  const { guidance, guide, guidanceInterval, guidanceRescale } = flags
  if (guidance === undefined) return {}
  return {
    guidance,
    ...(guide !== undefined && { guide: await inputHash('--guide', shippedFile(guide) ?? guide) }),
    ...(guidanceInterval && { guidanceInterval: guidanceInterval.join(',') }),
    ...(guidanceRescale !== undefined && { guidanceRescale }),
  }
}
