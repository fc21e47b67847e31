import { readSafetensors, type Safetensors } from '../read-safetensors.js'
import { type HostTensors, writeSafetensors } from '../write-safetensors.js'
import { verifyChecksum } from './checksum.js'
import { readWhole } from './read-whole.js'
import { writeFileWhole } from './write-file-whole.js'

const WHERE = 'checkpoints.readSafetensorsFile'

/** Read a safetensors file from disk. If it has a checksum (`withChecksum`), this checks it. */
export function readSafetensorsFile(path: string): Promise<Safetensors> {
  return readWhole(WHERE, path, bytes => verifyChecksum(WHERE, readSafetensors(bytes)))
}

/**
 * Write a safetensors file. The bytes go to a temporary file beside it, which is renamed when they are on the disk. If the
 * process is killed, `path` holds the earlier file, or none, never half of one.
 */
export async function writeSafetensorsFile(
  path: string,
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileWhole(path, writeSafetensors(tensors, metadata))
}
