import { checkOptions } from '@rectified-flow/core'
import {
  type Checkpoint,
  type ReadCheckpointOptions,
  readCheckpoint,
  readCheckpointNames,
} from '../read-checkpoint.js'
import { verifyChecksum } from './checksum.js'
import { readWhole } from './read-whole.js'

const WHERE = 'checkpoints.readCheckpointFile'

/** Read weights from a file on disk, of any format that `readCheckpoint` knows. If it has a checksum, this checks it. */
export function readCheckpointFile(path: string, options: ReadCheckpointOptions = {}): Promise<Checkpoint> {
  checkOptions('checkpoints.readCheckpointFile', options, readCheckpointNames)
  return readWhole(WHERE, path, async bytes => verifyChecksum(WHERE, await readCheckpoint(bytes, options)))
}
