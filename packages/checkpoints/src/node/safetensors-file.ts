import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readSafetensors, type Safetensors } from '../read-safetensors.js'
import { type HostTensors, writeSafetensors } from '../write-safetensors.js'
import { verifyChecksum } from './checksum.js'
import { writeFileWhole } from './write-file-whole.js'

/** Read a safetensors file from disk. If it has a checksum (`withChecksum`), this checks it. */
export async function readSafetensorsFile(path: string): Promise<Safetensors> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new RangeError(
      `checkpoints.readSafetensorsFile: path must name an existing file, got '${resolve(path)}'. Relative paths start at the working directory.`,
      { cause },
    )
  })
  try {
    return verifyChecksum('checkpoints.readSafetensorsFile', readSafetensors(bytes))
  } catch (cause) {
    throw new RangeError(`${(cause as Error).message} The file is '${resolve(path)}'.`, { cause })
  }
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
