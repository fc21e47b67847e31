export type { HostData, HostDtype, HostTensor } from './host-tensor.js'
export { readSafetensors, type Safetensors } from './read-safetensors.js'
export { toFloat32 } from './to-float32.js'
export { type HostTensors, writeSafetensors } from './write-safetensors.js'
