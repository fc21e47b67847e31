import type { HostTensor } from '../../host-tensor.js'
import { readTensorRef, TensorRef } from './tensor-ref.js'

/**
 * The numbers of the tensors, in the given order. Their total size is checked before any is read, because a tensor may be
 * larger than its storage (a stride of 0), and many tensors may share one storage. `load` reads a storage that is not in
 * the pickle itself; at most one such storage is in memory at a time.
 */
export async function resolveTensors(
  where: string,
  refs: ReadonlyMap<string, TensorRef | HostTensor>,
  maxBytes: number,
  load?: (key: string) => Promise<Uint8Array>,
): Promise<Map<string, HostTensor>> {
  let total = 0
  const byStorage = new Map<string, [string, TensorRef][]>()
  for (const [name, ref] of refs) {
    total += ref instanceof TensorRef ? ref.byteLength : ref.data.byteLength
    if (total > maxBytes)
      throw new RangeError(
        `${where}: the tensors must take at most ${maxBytes} bytes, got more at '${name}'. Raise maxBytes if you trust the file.`,
      )
    if (!(ref instanceof TensorRef)) continue
    const group = byStorage.get(ref.storage.key) ?? []
    if (group.length === 0) byStorage.set(ref.storage.key, group)
    group.push([name, ref])
  }

  const tensors = new Map<string, HostTensor>()
  for (const [key, group] of byStorage) {
    const loaded = load && (await load(key))
    for (const [name, ref] of group) {
      const bytes = loaded ?? ref.storage.bytes
      if (!bytes) throw new RangeError(`${where}: the storage of '${name}' must be in the file, got none.`)
      tensors.set(name, readTensorRef(where, name, ref, bytes))
    }
  }
  return new Map([...refs].map(([name, ref]) => [name, tensors.get(name) ?? (ref as HostTensor)]))
}
