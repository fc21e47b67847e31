/** Every backend, in the order in which they are tried. 'webgpu-software' is taken by name only. */
export const BACKENDS = ['node-gpu', 'webgpu', 'webgpu-software', 'node', 'wasm', 'cpu'] as const

/**
 * 'node-gpu' is CUDA through tfjs-node-gpu, 'webgpu' any GPU, 'webgpu-software' a WebGPU adapter that computes on the CPU,
 * 'node' is tfjs-node, 'wasm' and 'cpu' come along with this package.
 */
export type BackendName = (typeof BACKENDS)[number]
