import type { HostTensor } from '@rectified-flow/checkpoints'
import {
  type FetchFileOptions,
  type FileSource,
  fetchFile,
  fetchFileNames,
  openSafetensors,
} from '@rectified-flow/checkpoints/node'
import { checkOptions, type OptionNames } from '@rectified-flow/core'
import { VisionTransformer } from '../vit/vision-transformer.js'
import { clipBase32, dinov2Small, type VitConfig } from '../vit/vit-config.js'
import { fileHash } from './file-hash.js'

/** The weights of `facebook/dinov2-small` at a fixed revision. Apache-2.0. */
export const dinov2SmallFile: FileSource = {
  name: 'dinov2-small.safetensors',
  url: 'https://huggingface.co/facebook/dinov2-small/resolve/ed25f3a31f01632728cabb09d1542f84ab7b0056/model.safetensors',
  sha256: 'ae1e99fcefd534ed978cdeb8326f08030c96e28b7a81ffcbc98a857c84d14be1',
  bytes: 88_249_960,
}

/**
 * The weights of `openai/clip-vit-base-patch32`, with its text side. The main branch has no safetensors file; this is the one of
 * its pull request 15, at a fixed revision.
 */
export const clipBase32File: FileSource = {
  name: 'clip-vit-base-patch32.safetensors',
  url: 'https://huggingface.co/openai/clip-vit-base-patch32/resolve/b33cedfd0df4e43b8238760678fcc89e1a0d38b3/model.safetensors',
  sha256: '99d28a652e6ec46629ab7047a0ac82c69b1fe11e0ce672c43af65d3a9a3fc05d',
  bytes: 605_157_884,
}

export interface ReadVisionTransformerOptions extends FetchFileOptions {
  /** A safetensors file of the weights. Without it, the official weights are fetched and kept in a cache. */
  path?: string
}

const readVisionTransformerNames: OptionNames<ReadVisionTransformerOptions> = {
  ...fetchFileNames,
  path: 'optional',
}

/**
 * DINOv2 ViT-S/14 at 224 x 224, with the official weights (88 MB) or those of a file; the caller disposes it. Its Fréchet distance is
 * called FD-DINOv2 with the size of the network, because papers use ViT-L/14 too.
 *
 * @returns  features [N,384] of images [N,H,W,3]
 */
export function readDinov2(options: ReadVisionTransformerOptions = {}): Promise<VisionTransformer> {
  return readVisionTransformer('eval-fid.readDinov2', options, dinov2SmallFile, dinov2Small)
}

/**
 * The image side of CLIP ViT-B/32 at 224 x 224, with the official weights (605 MB) or those of a file; the caller disposes it. The
 * paper of CMMD uses ViT-L/14 at 336 x 336, so numbers of this network are on another scale.
 *
 * @returns  features [N,512] of images [N,H,W,3], not normalised to length 1
 */
export function readClip(options: ReadVisionTransformerOptions = {}): Promise<VisionTransformer> {
  return readVisionTransformer('eval-fid.readClip', options, clipBase32File, clipBase32)
}

async function readVisionTransformer(
  where: string,
  options: ReadVisionTransformerOptions,
  source: FileSource,
  config: VitConfig,
): Promise<VisionTransformer> {
  checkOptions(where, options, readVisionTransformerNames)
  const { path, ...fetching } = options
  const file = path ?? (await fetchFile(source, fetching))
  try {
    return new VisionTransformer(await readTensors(file), config, { weightsSha256: await fileHash(file) })
  } catch (cause) {
    const reason = (cause as Error).message
    const what = `path must be a safetensors file with the weights of ${config.network}`
    throw new RangeError(`${where}: ${what}, got '${file}'. ${reason}`, { cause })
  }
}

/** The tensors of a file but for those of CLIP's text side, which take 254 MB. */
async function readTensors(path: string): Promise<Map<string, HostTensor>> {
  const file = await openSafetensors(path)
  try {
    const tensors = new Map<string, HostTensor>()
    for (const name of file.tensors.keys())
      if (!name.startsWith('text_')) tensors.set(name, await file.read(name))
    return tensors
  } finally {
    await file.close()
  }
}
