import { checkOptions, type OptionNames } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { isLegacyTorch } from './internal/torch/legacy.js'
import { type NetworkDescription, readEdmPkl } from './read-edm-pkl.js'
import { readNpz } from './read-npz.js'
import { readPth } from './read-pth.js'
import { readSafetensors } from './read-safetensors.js'

const WHERE = 'checkpoints.readCheckpoint'

export type CheckpointFormat = 'safetensors' | 'pth' | 'pth-legacy' | 'edm-pkl' | 'npz'

/** The weights in a file of any format. */
export interface Checkpoint {
  format: CheckpointFormat
  tensors: Map<string, HostTensor>
  /** What a safetensors file says about itself; empty in other formats. */
  metadata: Record<string, string>
  /** Only for an EDM pickle: the class of the network and the arguments of its constructor. */
  network?: NetworkDescription
}

export interface ReadCheckpointOptions {
  /** The most bytes that the tensors may take; the defaults are those of the functions for a single format. */
  maxBytes?: number
}

export const readCheckpointNames: OptionNames<ReadCheckpointOptions> = {
  maxBytes: 'optional',
}

/**
 * Read weights from a file of any format that this package knows: safetensors, PyTorch's (zip and legacy), an EDM pickle
 * (its `ema` network), .npz. The content tells the format. The functions for a single format have more options.
 */
export async function readCheckpoint(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadCheckpointOptions = {},
): Promise<Checkpoint> {
  checkOptions('checkpoints.readCheckpoint', options, readCheckpointNames)
  const { maxBytes } = options
  const file = asBytes(WHERE, bytes)
  const format = formatOf(file)
  if (format === 'safetensors') return { format, ...readSafetensors(file) }
  if (format === 'edm-pkl') return { format, metadata: {}, ...(await readEdmPkl(file, { maxBytes })) }
  const tensors = await (format === 'npz' ? readNpz(file, { maxBytes }) : readPth(file, { maxBytes }))
  return { format, tensors, metadata: {} }
}

function formatOf(file: Uint8Array): CheckpointFormat {
  if (isLegacyTorch(file)) return 'pth-legacy'
  // The signature of a local file header; the name of the first member starts at byte 30.
  if (startsWith(file, 0x50, 0x4b, 3, 4)) {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    const length = file.length >= 30 ? view.getUint16(26, true) : 0
    const name = new TextDecoder().decode(file.subarray(30, 30 + length))
    return name.endsWith('.npy') ? 'npz' : 'pth'
  }
  if (startsWith(file, 0x80) && file[1]! >= 2 && file[1]! <= 5) return 'edm-pkl'
  // '{' follows the 8 bytes of the header's length.
  if (file[8] === 0x7b) return 'safetensors'
  const start = [...file.subarray(0, 16)].map(byte => byte.toString(16).padStart(2, '0')).join(' ')
  throw new RangeError(
    `${WHERE}: bytes must be a safetensors, .pth, EDM .pkl or .npz file, got one that starts with ${start || 'nothing'}.`,
  )
}

const startsWith = (file: Uint8Array, ...bytes: number[]) => bytes.every((byte, i) => file[i] === byte)
