import type { HostTensor } from '../host-tensor.js'
import { UnreadTensor } from '../unread-tensor.js'
import { RandomAccessFile } from './random-access-file.js'

/** Read a whole file and make tensors of its bytes. Errors name the file, and so do those of tensors that can't be read. */
export async function readWhole<T extends { tensors: Map<string, HostTensor> }>(
  where: string,
  path: string,
  parse: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  const file = await RandomAccessFile.open(where, path)
  try {
    const content = await file.named(async () => parse(await file.read(0, file.size)))
    for (const [name, tensor] of content.tensors)
      if (tensor instanceof UnreadTensor) content.tensors.set(name, tensor.saying(file.whichFile))
    return content
  } finally {
    await file.close()
  }
}
