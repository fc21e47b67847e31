import { checkInt, checkOptions } from '@rectified-flow/core'
import type { BackendName } from '../backend-names.js'
import { cpu, webgpu } from '../candidates.js'
import { type BackendChoice, type BackendProbe, chooseBackend, probeCandidates } from '../choose-backend.js'
import { type UseBackendOptions, useBackendNames } from '../use-backend.js'
import { dawn } from './dawn.js'
import { nodeGpu, tfjsNode } from './native.js'
import { wasmWithThreads } from './wasm-threads.js'

const inNode = ({ threads }: UseBackendOptions) => [
  nodeGpu,
  webgpu('webgpu', () => dawn(false)),
  webgpu('webgpu-software', () => dawn(true)),
  tfjsNode,
  wasmWithThreads(threads),
  cpu,
]

/** As in a browser (see ../use-backend.ts), and also with the backends that need Node. */
export async function useBackend(
  name?: BackendName,
  options: UseBackendOptions = {},
): Promise<BackendChoice> {
  checkOptions('backends.useBackend', options, useBackendNames)
  const { threads, precision, tuning } = options
  if (threads !== undefined) checkInt('backends.useBackend', 'threads', threads, 1)
  return chooseBackend(inNode(options), { name, precision, tuning })
}

/** As in a browser, and also with the backends that need Node. */
export function probeBackends(): Promise<BackendProbe[]> {
  return probeCandidates(inNode({}))
}
