import { Cursor } from '../pickle/cursor.js'
import { type PickleRules, runPickle } from '../pickle/run-pickle.js'
import { describePy, type PyValue } from '../pickle/values.js'
import { StorageRef } from '../tensor-ref.js'
import { persistentOf } from './rebuild-tensor.js'

/** The number that files of PyTorch before 1.6 start with, pickled in the protocol of the file. */
const MAGIC = 119547037146038801333356n
const plain = { global: () => undefined }

/** Whether a file that starts with these bytes is in PyTorch's legacy format. */
export function isLegacyTorch(file: Uint8Array): boolean {
  try {
    return runPickle(new Cursor('', file.subarray(0, 64)), plain) === MAGIC
  } catch {
    return false
  }
}

/**
 * The object that torch.save wrote in its legacy format. The file has five pickles (a magic number, a version, the machine,
 * the object, the keys of its storages), then the length and the bytes of each storage. The storages are views of the file.
 */
export function readLegacyTorch(where: string, file: Uint8Array, global: PickleRules['global']): PyValue {
  const cursor = new Cursor(where, file)
  if (!isLegacyTorch(file))
    throw cursor.error("the file must start with PyTorch's magic number", 'other bytes')
  runPickle(cursor, plain)
  const version = runPickle(cursor, plain)
  if (version !== 1001) throw cursor.error("the format's version must be 1001", describePy(version))
  const machine = runPickle(cursor, plain)
  if (!(machine instanceof Map && machine.get('little_endian') === true))
    throw cursor.error('the file must be from a little-endian machine', describePy(machine))

  const storages = new Map<string, StorageRef[]>()
  const value = runPickle(cursor, {
    global,
    persistent(id) {
      const storage = persistentOf(id)
      if (!(storage instanceof StorageRef)) return storage
      const same = storages.get(storage.key) ?? []
      if (same.length === 0) storages.set(storage.key, same)
      same.push(storage)
      return storage
    },
  })
  const keys = runPickle(cursor, plain)
  if (!Array.isArray(keys) || keys.length !== storages.size)
    throw cursor.error(`there must be ${storages.size} keys of storages`, describePy(keys))
  for (const key of keys) {
    const refs = storages.get(key as string)
    if (!refs) throw cursor.error('a key must belong to a storage that the pickle names', describePy(key))
    const { dtype, width } = refs[0]!
    if (width === undefined) throw cursor.error('the type of a storage must be known', dtype)
    const bytes = cursor.take(cursor.uint64() * width)
    for (const ref of refs) ref.bytes = bytes
  }
  return value
}
