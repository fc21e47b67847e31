export type { HostData, HostDtype, HostTensor } from './host-tensor.js'
export type { Json } from './internal/to-json.js'
export {
  type Checkpoint,
  type CheckpointFormat,
  type ReadCheckpointOptions,
  readCheckpoint,
} from './read-checkpoint.js'
export { type EdmPkl, type NetworkDescription, type ReadEdmPklOptions, readEdmPkl } from './read-edm-pkl.js'
export { readNpy } from './read-npy.js'
export { type ReadNpzOptions, readNpz } from './read-npz.js'
export { type ReadPthOptions, readPth } from './read-pth.js'
export { readSafetensors, type Safetensors } from './read-safetensors.js'
export { toFloat32 } from './to-float32.js'
export { UnreadTensor } from './unread-tensor.js'
export { writeNpy } from './write-npy.js'
export { type WriteNpzOptions, writeNpz } from './write-npz.js'
export { type HostTensors, writeSafetensors } from './write-safetensors.js'
