import { checkNumber, checkOptions, describe, type OptionNames } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { NpyDtypeError } from './internal/npy-header.js'
import { openZip } from './internal/zip.js'
import { decodeNpy } from './read-npy.js'
import { UnreadTensor } from './unread-tensor.js'

const WHERE = 'checkpoints.readNpz'

export interface ReadNpzOptions {
  /** The most bytes that the arrays may take; by default 64 MiB plus 100 times the file's size. */
  maxBytes?: number
}

const readNpzNames: OptionNames<ReadNpzOptions> = {
  maxBytes: 'optional',
}

/**
 * Read the arrays of an .npz file that np.savez or np.savez_compressed wrote, by name and in the file's order. Of an array that
 * `readNpy` refuses, and of one that is damaged, the `data` throws the error; members that are not arrays are left out.
 */
export async function readNpz(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadNpzOptions = {},
): Promise<Map<string, HostTensor>> {
  checkOptions('checkpoints.readNpz', options, readNpzNames)
  const file = asBytes(WHERE, bytes)
  const { maxBytes = 2 ** 26 + 100 * file.length } = options
  checkNumber(WHERE, 'maxBytes', maxBytes, 0)
  const arrays = new Map<string, HostTensor>()
  for (const [name, member] of arrayMembers(WHERE, await openZip(WHERE, file, maxBytes))) {
    const where = `${WHERE}: '${name}'`
    arrays.set(
      name,
      await member
        .read()
        .then(bytes => decodeNpy(where, bytes))
        .catch(unreadArray),
    )
  }
  return arrays
}

/** The array that couldn't be read because of this error. */
export function unreadArray(error: Error): UnreadTensor {
  return error instanceof NpyDtypeError ? error.array : new UnreadTensor('damaged', [], error.message)
}

/** The members of an .npz file that hold an array, by the array's name. Throws if there are only others. */
export function arrayMembers<T>(where: string, members: ReadonlyMap<string, T>): Map<string, T> {
  const arrays = [...members].filter(([name]) => name.endsWith('.npy'))
  if (arrays.length === 0 && members.size > 0)
    throw new RangeError(
      `${where}: members must be arrays, named *.npy, got ${describe([...members.keys()])}.`,
    )
  return new Map(arrays.map(([name, member]) => [name.slice(0, -4), member]))
}
