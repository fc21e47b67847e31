export { verifyChecksum, withChecksum } from './checksum.js'
export { fetchFile } from './fetch-file.js'
export { type FetchFileOptions, type FileSource, fetchFileNames } from './file-source.js'
export { type FolderLock, type LockFolderOptions, lockFolder } from './lock-folder.js'
export { makeFolder, tryFolder } from './make-folder.js'
export { type NpzFile, openNpz } from './open-npz.js'
export { openSafetensors, type SafetensorsFile } from './open-safetensors.js'
export { readCheckpointFile } from './read-checkpoint-file.js'
export { readSafetensorsFile, writeSafetensorsFile } from './safetensors-file.js'
export {
  copyFileWhole,
  type FileContent,
  type WriteFileWholeOptions,
  writeFileWhole,
} from './write-file-whole.js'
