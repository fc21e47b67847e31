import {
  type FetchFileOptions,
  type FileSource,
  fetchFile,
  fetchFileNames,
  readCheckpointFile,
} from '@rectified-flow/checkpoints/node'
import { checkOptions, type OptionNames } from '@rectified-flow/core'
import { FidInception } from '../inception/fid-inception.js'
import type { ResizeMode } from '../resize/resize-weights.js'
import { fileHash } from './file-hash.js'

/** pytorch-fid's conversion of the network that defines FID. */
export const fidInceptionFile: FileSource = {
  name: 'pt_inception-2015-12-05-6726825d.pth',
  url: 'https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth',
  sha256: '6726825d',
}

export interface ReadFidInceptionOptions extends FetchFileOptions {
  /** A file of the weights, .pth or .safetensors. Without it, the official weights are fetched and kept in a cache. */
  path?: string
  /** How images are resized to 299 x 299. */
  resize?: ResizeMode
}

const readFidInceptionNames: OptionNames<ReadFidInceptionOptions> = {
  ...fetchFileNames,
  path: 'optional',
  resize: 'optional',
}

/** The network that defines FID, with the official weights or those of a file; the caller disposes it. */
export async function readFidInception(options: ReadFidInceptionOptions = {}): Promise<FidInception> {
  checkOptions('eval-fid.readFidInception', options, readFidInceptionNames)
  const { path, resize = 'clean', ...fetching } = options
  const file = path ?? (await fetchFile(fidInceptionFile, fetching))
  const weightsSha256 = await fileHash(file)
  const { tensors } = await readCheckpointFile(file)
  return new FidInception(tensors, { resize, weightsSha256 })
}
