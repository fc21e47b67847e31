import * as tf from '@tensorflow/tfjs-core'
import { type BackendCandidate, type BackendChoice, chooseBackend, cpu, webgpu } from '../backends.js'
import { checkInt } from '../checks.js'
import { registerGradients } from '../gradients.js'
import { registerTensorflowKernels } from '../tensorflow/register.js'
import { dawn } from './dawn.js'
import { wasmWithThreads } from './wasm-threads.js'
import { whyNot } from './why-not.js'

/** tfjs-node calls util.isNullOrUndefined, which Node 23 took away (tfjs #8425). */
async function restoreIsNullOrUndefined(): Promise<void> {
  const { createRequire } = await import('node:module')
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
}

/** tfjs-node brings a cpu backend of its own, and tfjs warns of each of its kernels that was there already. */
async function importQuietly(pkg: string): Promise<void> {
  const production = tf.env().getBool('PROD')
  tf.env().set('PROD', true)
  try {
    await import(pkg)
  } finally {
    tf.env().set('PROD', production)
  }
}

function native(name: string, pkg: string, graphs: boolean): BackendCandidate {
  return {
    name,
    tfjsName: 'tensorflow',
    async load(): ReturnType<BackendCandidate['load']> {
      await restoreIsNullOrUndefined()
      process.env.TF_CPP_MIN_LOG_LEVEL ??= '1' // or TensorFlow tells of every graph that it takes
      try {
        await importQuietly(pkg)
        registerGradients()
        registerTensorflowKernels({ graphs })
        return {}
      } catch (error) {
        return { reason: whyNot(pkg, error as NodeJS.ErrnoException) }
      }
    },
  }
}

const nodeGpu = (graphs: boolean): BackendCandidate => ({
  ...native('node-gpu', '@tensorflow/tfjs-node-gpu', graphs),
  verify() {
    const { isUsingGpuDevice } = tf.backend() as tf.KernelBackend & { isUsingGpuDevice?: boolean }
    if (isUsingGpuDevice) return null
    tf.removeBackend('tensorflow') // tfjs-node goes by the same name
    return 'TensorFlow found no CUDA device'
  },
})

const inNode = ({ threads, graphs = true }: NodeBackendOptions) => [
  nodeGpu(graphs),
  webgpu('webgpu', dawn),
  webgpu('webgpu-software', dawn),
  native('node', '@tensorflow/tfjs-node', graphs),
  wasmWithThreads(threads),
  cpu,
]

export interface NodeBackendOptions {
  /**
   * How many threads compute on 'wasm', this one included; results don't depend on it. By default what there are already,
   * and at first one for each core, at most 8. Give 1 where each core has a process of its own.
   */
  threads?: number
  /**
   * Whether 'node' runs what repeats as graphs of TensorFlow; results don't depend on it. Heeded when the backend starts.
   */
  graphs?: boolean
}

/**
 * Make a backend the active one: the one named, or the first that works here, in the order 'node-gpu' (CUDA through
 * tfjs-node-gpu), 'webgpu' (Dawn, the package webgpu), 'node' (tfjs-node), 'wasm', 'cpu'. The native ones are optional
 * peers. 'webgpu-software', an adapter that computes on the CPU, is taken by name only.
 */
export async function useBackend(
  name?: 'node-gpu' | 'webgpu' | 'webgpu-software' | 'node' | 'wasm' | 'cpu',
  options: NodeBackendOptions = {},
): Promise<BackendChoice> {
  const { threads } = options
  if (threads !== undefined) checkInt('core.useBackend', 'threads', threads, 1)
  return chooseBackend(inNode(options), name)
}
