import { checkNumber, checkOptions, describe, type OptionNames } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { collectTensors } from './internal/collect-tensors.js'
import { Cursor } from './internal/pickle/cursor.js'
import { runPickle } from './internal/pickle/run-pickle.js'
import type { PyValue } from './internal/pickle/values.js'
import { defaultMaxBytes, resolveTensors } from './internal/resolve-tensors.js'
import { weightsGlobal } from './internal/torch/globals.js'
import { readLegacyTorch } from './internal/torch/legacy.js'
import { persistentOf } from './internal/torch/rebuild-tensor.js'
import { openZip, type ZipMember } from './internal/zip.js'

const WHERE = 'checkpoints.readPth'

export interface ReadPthOptions {
  /** Read only the tensors under this name, and drop it from theirs: 'ema' of `{ ema: { weight }, step }` gives `weight`. */
  prefix?: string
  /** The most bytes that the tensors may take; by default 64 MiB plus twice the file's size. */
  maxBytes?: number
}

const readPthNames: OptionNames<ReadPthOptions> = {
  prefix: 'optional',
  maxBytes: 'optional',
}

/**
 * Read the tensors of a file that torch.save wrote, in the zip format (PyTorch 1.6 and later) or the legacy one, by
 * dotted name: `model.conv.weight` of `{'model': {'conv.weight': ...}}`. The parts of a name are the keys and indices of
 * nested dicts and lists; the tensors of a pickled module have the names of its state_dict().
 *
 * The pickle in the file is never run as Python. There are stand-ins for the functions and classes that make tensors; any
 * other gives an object without behaviour, and one that would run code in Python is an error that names it. The `data` of a
 * tensor that this package can't read (complex, quantised, sparse, float8) throws an error that names it.
 */
export async function readPth(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadPthOptions = {},
): Promise<Map<string, HostTensor>> {
  checkOptions('checkpoints.readPth', options, readPthNames)
  const { prefix, maxBytes } = options
  const file = asBytes(WHERE, bytes)
  const limit = maxBytes ?? defaultMaxBytes(file.length)
  checkNumber(WHERE, 'maxBytes', limit, 0)
  const isZip = file[0] === 0x50 && file[1] === 0x4b
  const zip = isZip ? await readZipTorch(file, limit) : undefined
  const value = zip ? zip.value : readLegacyTorch(WHERE, file, weightsGlobal)
  const refs = underPrefix(collectTensors(WHERE, value), prefix)
  return resolveTensors(WHERE, refs, limit, zip?.load)
}

/** The object in a file of the zip format, and a function that reads its storages. */
async function readZipTorch(file: Uint8Array, maxBytes: number) {
  const members = await openZip(WHERE, file, maxBytes)
  const pickle = [...members.keys()].find(name => /^(?:[^/]+\/)?data\.pkl$/.test(name))
  if (pickle === undefined)
    throw new RangeError(
      `${WHERE}: the zip file must have a data.pkl, got ${describe([...members.keys()])}. For an .npz file use readNpz.`,
    )
  const folder = pickle.slice(0, -'data.pkl'.length)
  const order = members.get(`${folder}byteorder`)
  const byteOrder = order ? new TextDecoder().decode(await read(order)) : 'little'
  if (byteOrder !== 'little')
    throw new RangeError(`${WHERE}: byteorder must be little, got ${describe(byteOrder.slice(0, 80))}.`)
  const cursor = new Cursor(WHERE, await read(members.get(pickle)!))
  const value: PyValue = runPickle(cursor, {
    global: weightsGlobal,
    persistent: persistentOf,
    fileBytes: file.length,
  })
  return {
    value,
    load(key: string) {
      const member = members.get(`${folder}data/${key}`)
      if (!member) throw new RangeError(`${WHERE}: the storage '${key}' must be in the zip file, got none.`)
      return read(member)
    },
  }
}

const read = (member: ZipMember) => member.read()

/** The entries whose names start with `prefix.`, which is dropped. */
export function underPrefix<T>(entries: Map<string, T>, prefix: string | undefined): Map<string, T> {
  if (prefix === undefined) return entries
  const found = [...entries].filter(([name]) => name.startsWith(`${prefix}.`))
  if (found.length > 0) return new Map(found.map(([name, entry]) => [name.slice(prefix.length + 1), entry]))
  const there = [...new Set([...entries.keys()].map(name => name.split('.')[0]!))]
  throw new RangeError(
    `${WHERE}: prefix must start a name in the file, got '${prefix}'. Its names start with ${describe(there)}.`,
  )
}
