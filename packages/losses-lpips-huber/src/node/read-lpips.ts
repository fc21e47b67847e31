import type { HostTensor } from '@rectified-flow/checkpoints'
import {
  type FetchFileOptions,
  type FileSource,
  fetchFile,
  fetchFileNames,
  readCheckpointFile,
} from '@rectified-flow/checkpoints/node'
import { checkOneOf, checkOptions, type OptionNames } from '@rectified-flow/core'
import type { Backbone } from '../lpips/backbones.js'
import {
  type Lpips,
  type LpipsOptions,
  type LpipsWeights,
  lpips,
  lpipsAveragePooling,
  lpipsNames,
} from '../lpips/lpips.js'

export interface ReadLpipsOptions extends LpipsOptions, FetchFileOptions {
  /** The path of a backbone's file, instead of the published one. */
  backbone?: string
  /** The path of the heads' file, instead of the published one; 'unlearned' for none. */
  heads?: string
}

const readLpipsNames: OptionNames<ReadLpipsOptions> = {
  ...lpipsNames,
  ...fetchFileNames,
  backbone: 'optional',
  heads: 'optional',
}

const torchvision = (name: string): FileSource => ({
  name,
  url: `https://download.pytorch.org/models/${name}`,
  // PyTorch publishes only the first eight digits of the hash, in the file's name.
  sha256: name.slice(-12, -4),
})

const headsFile = (name: string, sha256: string): FileSource => ({
  name: `lpips-v0.1-${name}`,
  url: `https://github.com/richzhang/PerceptualSimilarity/raw/master/lpips/weights/v0.1/${name}`,
  sha256,
})

/** The published files: backbones by torchvision, trained on ImageNet, and heads v0.1 by the authors of LPIPS. */
export const lpipsFiles: Readonly<Record<Backbone, { backbone: FileSource; heads: FileSource }>> = {
  vgg16: {
    backbone: torchvision('vgg16-397923af.pth'),
    heads: headsFile('vgg.pth', 'a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868'),
  },
  alexnet: {
    backbone: torchvision('alexnet-owt-7be5be79.pth'),
    heads: headsFile('alex.pth', 'df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0'),
  },
  squeezenet1_1: {
    backbone: torchvision('squeezenet1_1-b8a52dc0.pth'),
    heads: headsFile('squeeze.pth', '4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76'),
  },
}

/**
 * LPIPS as the lpips package measures it, with its published weights, which are fetched once, checked, and kept in the cache.
 *
 * @param backbone  the default of the lpips package is 'alexnet'
 * @returns         an Lpips, for the caller to dispose
 */
export async function readLpips(backbone: Backbone, options: ReadLpipsOptions = {}): Promise<Lpips> {
  checkOptions('losses-lpips-huber.readLpips', options, readLpipsNames)
  checkOneOf('losses-lpips-huber.readLpips', 'backbone', backbone, ['vgg16', 'alexnet', 'squeezenet1_1'])
  const { size, recompute, ...files } = options
  return lpips(await readWeights(backbone, files), { size, recompute })
}

/** LPIPS as 2-rectified flow++ uses it in training (VGG16, average pooling, 224 pixels), with its published weights. */
export async function readLpipsAveragePooling(options: ReadLpipsOptions = {}): Promise<Lpips> {
  checkOptions('losses-lpips-huber.readLpipsAveragePooling', options, readLpipsNames)
  const { size, recompute, ...files } = options
  return lpipsAveragePooling(await readWeights('vgg16', files), { size, recompute })
}

async function readWeights(
  name: Backbone,
  { backbone, heads, ...fetching }: Omit<ReadLpipsOptions, keyof LpipsOptions>,
): Promise<LpipsWeights> {
  const read = async (path: string | undefined, source: FileSource): Promise<Map<string, HostTensor>> => {
    const { tensors } = await readCheckpointFile(path ?? (await fetchFile(source, fetching)))
    return tensors
  }
  const files = lpipsFiles[name]
  return {
    backbone: await read(backbone, files.backbone),
    heads: heads === 'unlearned' ? heads : await read(heads, files.heads),
  }
}
