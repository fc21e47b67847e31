import { resolve } from 'node:path'
import { type Checkpoint, readCheckpoint } from '../read-checkpoint.js'
import { verifyChecksum } from './checksum.js'
import { RandomAccessFile } from './random-access-file.js'

const WHERE = 'checkpoints.readCheckpointFile'

/** Read weights from a file on disk, of any format that `readCheckpoint` knows. If it has a checksum, this checks it. */
export async function readCheckpointFile(path: string): Promise<Checkpoint> {
  const file = await RandomAccessFile.open(WHERE, path)
  try {
    return verifyChecksum(WHERE, await readCheckpoint(await file.read(0, file.size)))
  } catch (cause) {
    throw new RangeError(`${(cause as Error).message} The file is '${resolve(path)}'.`, { cause })
  } finally {
    await file.close()
  }
}
