import { checkInt, checkOptions, type OptionNames } from '@rectified-flow/core'
import type { BackendName } from './backend-names.js'
import { cpu, nodeOnly, webgpu } from './candidates.js'
import { type BackendChoice, type BackendProbe, chooseBackend, probeCandidates } from './choose-backend.js'
import type { Precision } from './precision.js'
import type { Tuning } from './tuning.js'
import { wasmInBrowser } from './wasm/web-threads.js'

export interface UseBackendOptions {
  /**
   * How many threads compute on 'wasm', the calling one included. Results don't depend on it. The default keeps the present
   * number; the first call takes one thread for each core, at most 8. Give 1 where you run one process on each core. A browser
   * has one thread without `sharedBinary`.
   */
  threads?: number
  /** 'mixed' needs WebGPU and the feature shader-f16. A later call without it goes back to 'float32', the default. */
  precision?: Precision
  /** A result of `tuneConvolutions`; it is used if it is of the adapter that WebGPU runs on. */
  tuning?: Tuning
}

export const useBackendNames: OptionNames<UseBackendOptions> = {
  threads: 'optional',
  precision: 'optional',
  tuning: 'optional',
}

const inBrowser = ({ threads }: UseBackendOptions) => [
  nodeOnly('node-gpu'),
  webgpu('webgpu'),
  webgpu('webgpu-software'),
  nodeOnly('node'),
  wasmInBrowser(threads),
  cpu,
]

/**
 * Activate the named backend, or the first one that works here, in the order 'node-gpu' (CUDA through tfjs-node-gpu),
 * 'webgpu' (in Node through Dawn, the package webgpu), 'node' (tfjs-node), 'wasm', 'cpu'. 'node-gpu' and 'node' need Node;
 * they and Dawn are optional peers. A WebGPU adapter that computes on the CPU is the backend 'webgpu-software', which you
 * must name. The first call registers the gradients of all operations.
 *
 * @throws Error if no backend, or not the named one, can be used: the message says why, and what to install; also if
 *         another version of this package has registered its kernels
 */
export async function useBackend(
  name?: BackendName,
  options: UseBackendOptions = {},
): Promise<BackendChoice> {
  checkOptions('backends.useBackend', options, useBackendNames)
  const { threads, precision, tuning } = options
  if (threads !== undefined) checkInt('backends.useBackend', 'threads', threads, 1)
  return chooseBackend(inBrowser(options), { name, precision, tuning })
}

/** Which backends work on this machine, in the order in which `useBackend` tries them. The active backend stays active. */
export function probeBackends(): Promise<BackendProbe[]> {
  return probeCandidates(inBrowser({}))
}
