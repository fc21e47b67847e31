/** Every backend, in the order in which `useBackend` tries them. It takes 'webgpu-software' only when asked by name. */
export const BACKENDS = ['node-gpu', 'webgpu', 'webgpu-software', 'node', 'wasm', 'cpu'] as const

/**
 * 'node-gpu' is CUDA through tfjs-node-gpu, 'webgpu' any GPU, 'webgpu-software' a WebGPU adapter that computes on the CPU,
 * 'node' is tfjs-node. 'wasm' and 'cpu' are installed with this package.
 */
export type BackendName = (typeof BACKENDS)[number]
