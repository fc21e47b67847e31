import type { ImageSource } from '@rectified-flow/datasets'
import type { FidInception, ResizeMode, SmallResNet, VisionTransformer } from '@rectified-flow/eval-fid'
import {
  readCifarFeatures,
  readClip,
  readDigitFeatures,
  readDinov2,
  readFidInception,
} from '@rectified-flow/eval-fid/node'
import { Option } from 'commander'
import { checkFile, inside } from '../input-file.js'
import { checkSide } from '../open-data.js'
import { warn } from '../warn.js'
import { type FeatureSpace, parseFeatures } from './feature-spaces.js'

export type Measurer = FidInception | SmallResNet | VisionTransformer

export interface ExtractorFlags {
  features: FeatureSpace[]
  resize: ResizeMode
  offline?: boolean
}

/** The networks that measure: with the official weights (fetched once) or those of a file, or small shipped ones. */
export function extractorOptions(): Option[] {
  return [
    new Option(
      '--features <list>',
      "'inception' (FID), 'dinov2' and 'clip' (each fetched once, or dinov2=FILE), a file of Inception's weights, or the shipped " +
        "'cifar' or 'digits'; several with commas between them measure in one pass",
    )
      .argParser(parseFeatures)
      .default([{ network: 'inception' }], 'inception'),
    new Option('--resize <mode>', "how images are resized to Inception's size")
      .choices(['clean', 'legacy_tensorflow', 'legacy_pytorch'])
      .default('clean'),
    new Option('--offline', 'never fetch weights'),
  ]
}

/** Whether grey images are measured as colour: by all networks but the one of digits. */
export const takesColour = ({ features }: ExtractorFlags): boolean =>
  features.every(({ network }) => network !== 'digits')

/** Throw unless images have the size that a small network needs. The others resize images themselves. */
export function checkSize(extractor: Measurer, source: ImageSource, path: string): void {
  if (!('config' in extractor)) return
  const { size: side, channels } = extractor.config
  if (source.channels !== channels)
    throw new RangeError(
      `'${path}' must have ${channels} channel, as the network has, got ${source.channels}.`,
    )
  checkSide(source, side, path)
}

export async function openExtractor(
  { network, path }: FeatureSpace,
  { resize, offline = false }: ExtractorFlags,
): Promise<Measurer> {
  if (network === 'digits') return readDigitFeatures()
  if (network === 'cifar') return readCifarFeatures()
  const official = { offline, onWarning: warn }
  if (path !== undefined) await checkFile('--features', path)
  const from = path === undefined ? official : { path }
  const read = { dinov2: readDinov2, clip: readClip, inception: readFidInception }[network]
  const options = network === 'inception' ? { ...from, resize } : from
  if (path === undefined) return read(options)
  return inside<Measurer>(`--features '${path}'`, () => read(options))
}
