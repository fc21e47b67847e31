import { checkNumber } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { openZip } from './internal/zip.js'
import { decodeNpy } from './read-npy.js'

const WHERE = 'checkpoints.readNpz'

export interface ReadNpzOptions {
  /** The most bytes that the arrays may take; by default 64 MiB plus 100 times the file's size. */
  maxBytes?: number
}

/**
 * Read the arrays of an .npz file that np.savez or np.savez_compressed wrote, by name and in the file's order. Arrays that
 * `readNpy` refuses are refused, and so are members that are not arrays.
 */
export async function readNpz(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadNpzOptions = {},
): Promise<Map<string, HostTensor>> {
  const file = asBytes(WHERE, bytes)
  const { maxBytes = 2 ** 26 + 100 * file.length } = options
  checkNumber(WHERE, 'maxBytes', maxBytes, 0)
  const arrays = new Map<string, HostTensor>()
  for (const member of (await openZip(WHERE, file, maxBytes)).values()) {
    const name = arrayName(WHERE, member.name)
    arrays.set(name, decodeNpy(`${WHERE}: '${name}'`, await member.read()))
  }
  return arrays
}

/** The name of the array in a member of an .npz file. */
export function arrayName(where: string, member: string): string {
  if (!member.endsWith('.npy'))
    throw new RangeError(`${where}: members must be arrays, named *.npy, got '${member}'.`)
  return member.slice(0, -4)
}
