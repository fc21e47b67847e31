import { checkOptions, type OptionNames } from '@rectified-flow/core'
import { namedTensors } from './internal/named-tensors.js'
import { encodeNpy } from './write-npy.js'
import type { HostTensors } from './write-safetensors.js'

const WHERE = 'checkpoints.writeNpz'

export interface WriteNpzOptions {
  /** Deflate the arrays, as np.savez_compressed does. */
  compress?: boolean
}

const writeNpzNames: OptionNames<WriteNpzOptions> = {
  compress: 'optional',
}

/**
 * The bytes of an .npz file, as np.savez writes it: np.load(...)[name] reads the tensor. The same tensors in the same
 * order give the same bytes.
 */
export async function writeNpz(tensors: HostTensors, options: WriteNpzOptions = {}): Promise<Uint8Array> {
  checkOptions('checkpoints.writeNpz', options, writeNpzNames)
  const { compress = false } = options
  const list = namedTensors(WHERE, tensors)
  const { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } = await import('@zip.js/zip.js')
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
    level: compress ? 6 : 0,
    // The bytes must not depend on the clock: the earliest date that zip files have, and no extended timestamp.
    lastModDate: new Date(1980, 0, 1),
    extendedTimestamp: false,
    dataDescriptor: false,
    keepOrder: true,
  })
  for (const [name, tensor] of list)
    await zip.add(`${name}.npy`, new Uint8ArrayReader(encodeNpy(WHERE, name, tensor)))
  return zip.close()
}
