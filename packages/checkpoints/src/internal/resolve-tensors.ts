import type { HostTensor } from '../host-tensor.js'
import { readTensorRef, TensorRef, type UnreadRef } from './tensor-ref.js'

/** A view of a storage, and the names that it has. */
interface View {
  ref: TensorRef
  names: string[]
}

/** How much memory the tensors of a file of this size may take, unless its reader's options say otherwise. */
export const defaultMaxBytes = (fileBytes: number) => 2 ** 26 + 2 * fileBytes

/**
 * The numbers of the tensors, in the given order. Names of the same view of a storage share one array, as in PyTorch. The
 * total size of the views is checked before any is read, because a view may be larger than its storage (a stride of 0), and
 * many may overlap. `load` reads a storage that is not in the pickle itself; at most one such storage is in memory at a time.
 */
export async function resolveTensors(
  where: string,
  refs: ReadonlyMap<string, TensorRef | UnreadRef>,
  maxBytes: number,
  load?: (key: string) => Promise<Uint8Array>,
): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>()
  for (const [storage, views] of viewsByStorage(where, refs, maxBytes)) {
    const bytes = typeof storage === 'string' ? await load?.(storage) : storage
    const aligned = bytes && bytes.byteOffset % 8 > 0 ? new Uint8Array(bytes) : bytes
    for (const { ref, names } of views.values()) {
      if (!aligned)
        throw new RangeError(
          `${where}: the storage of '${names[0]!.slice(0, 200)}' must be in the file, got none.`,
        )
      const tensor = readTensorRef(where, names[0]!, ref, aligned)
      for (const name of names) tensors.set(name, tensor)
    }
  }
  return new Map(
    Array.from(refs, ([name, ref]) => [
      name,
      ref instanceof TensorRef ? tensors.get(name)! : ref.read(where, name),
    ]),
  )
}

/** The views of each storage, which is its bytes, or its key if they are still to be loaded. */
function viewsByStorage(
  where: string,
  refs: ReadonlyMap<string, TensorRef | UnreadRef>,
  maxBytes: number,
): Map<Uint8Array | string, Map<string, View>> {
  const storages = new Map<Uint8Array | string, Map<string, View>>()
  let total = 0
  for (const [name, ref] of refs) {
    if (!(ref instanceof TensorRef)) continue
    const storage = ref.storage.bytes ?? ref.storage.key
    const views = storages.get(storage) ?? new Map<string, View>()
    storages.set(storage, views)
    const view = views.get(ref.view)
    if (view) {
      view.names.push(name)
      continue
    }
    views.set(ref.view, { ref, names: [name] })
    total += ref.byteLength
    if (total > maxBytes)
      throw new RangeError(
        `${where}: the tensors must take at most ${maxBytes} bytes, got more at '${name.slice(0, 200)}'. Raise maxBytes if you trust the file.`,
      )
  }
  return storages
}
