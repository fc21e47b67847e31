import { checkInt } from '@rectified-flow/core'
import type { BackendName } from './backend-names.js'
import { cpu, nodeOnly, wasm, webgpu } from './candidates.js'
import { type BackendChoice, type BackendProbe, chooseBackend, probeCandidates } from './choose-backend.js'

export interface UseBackendOptions {
  /**
   * How many threads compute on 'wasm' in Node, this one included; results don't depend on it. By default what there are
   * already, and at first one for each core, at most 8. Give 1 where each core has a process of its own. In a browser
   * there is one thread.
   */
  threads?: number
}

const inBrowser = () => [
  nodeOnly('node-gpu'),
  webgpu('webgpu'),
  webgpu('webgpu-software'),
  nodeOnly('node'),
  wasm,
  cpu,
]

/**
 * Make a backend the active one: the one named, or the first that works here, in the order 'node-gpu' (CUDA through
 * tfjs-node-gpu), 'webgpu' (in Node through Dawn, the package webgpu), 'node' (tfjs-node), 'wasm', 'cpu'. 'node-gpu' and
 * 'node' need Node; they and Dawn are optional peers. An adapter that computes on the CPU is taken as 'webgpu-software',
 * by name only. Gradients of every operation are registered with the first call.
 *
 * @throws Error where none, or not the one named, can be used: the message says why, and what to install; and where
 *         another version of this package has registered its kernels
 */
export async function useBackend(
  name?: BackendName,
  { threads = 1 }: UseBackendOptions = {},
): Promise<BackendChoice> {
  checkInt('backends.useBackend', 'threads', threads, 1, 1)
  return chooseBackend(inBrowser(), name)
}

/** What each backend is on this machine, in the order in which they are tried. The active one stays so. */
export function probeBackends(): Promise<BackendProbe[]> {
  return probeCandidates(inBrowser())
}
