import type { ImageSource } from '@rectified-flow/datasets'
import type { FidInception, ResizeMode, SmallResNet } from '@rectified-flow/eval-fid'
import { readCifarFeatures, readDigitFeatures, readFidInception } from '@rectified-flow/eval-fid/node'
import { Option } from 'commander'
import { checkFile, inside } from '../input-file.js'
import { checkSide } from '../open-data.js'
import { warn } from '../warn.js'

export type Measurer = FidInception | SmallResNet

export interface ExtractorFlags {
  features: string
  resize: ResizeMode
  offline?: boolean
}

/** The network that measures: FID's, with the official weights (fetched once) or those of a file, or a small shipped one. */
export function extractorOptions(): Option[] {
  return [
    new Option(
      '--features <name>',
      "'inception' (FID; fetched once), a file of its weights, or the shipped 'cifar' or 'digits' (not FID)",
    ).default('inception'),
    new Option('--resize <mode>', "how images are resized to Inception's size")
      .choices(['clean', 'legacy_tensorflow', 'legacy_pytorch'])
      .default('clean'),
    new Option('--offline', 'never fetch weights'),
  ]
}

/** Whether the network is FID's, and not a small shipped one. */
export const isInception = ({ features }: ExtractorFlags): boolean =>
  features !== 'digits' && features !== 'cifar'

/** Whether grey images are measured as colour: by all networks but the one of digits. */
export const takesColour = ({ features }: ExtractorFlags): boolean => features !== 'digits'

/** Throw unless images have the size that a small network needs. FID's network resizes images itself. */
export function checkSize(extractor: Measurer, source: ImageSource, path: string): void {
  if (!('config' in extractor)) return
  const { size: side, channels } = extractor.config
  if (source.channels !== channels)
    throw new RangeError(
      `'${path}' must have ${channels} channel, as the network has, got ${source.channels}.`,
    )
  checkSide(source, side, path)
}

export async function openExtractor({
  features,
  resize,
  offline = false,
}: ExtractorFlags): Promise<Measurer> {
  if (features === 'digits') return readDigitFeatures()
  if (features === 'cifar') return readCifarFeatures()
  if (features === 'inception') return readFidInception({ resize, offline, onWarning: warn })
  await checkFile('--features', features)
  return inside(`--features '${features}'`, () => readFidInception({ resize, path: features }))
}
