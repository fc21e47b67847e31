import * as tf from '@tensorflow/tfjs-core'
import { type BackendCandidate, type BackendChoice, chooseBackend, cpu, wasm, webgpu } from '../backends.js'

/** tfjs-node calls util.isNullOrUndefined, which Node 23 took away (tfjs #8425). */
async function restoreIsNullOrUndefined(): Promise<void> {
  const { createRequire } = await import('node:module')
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
}

function native(name: string, pkg: string): BackendCandidate {
  return {
    name,
    tfjsName: 'tensorflow',
    async load() {
      await restoreIsNullOrUndefined()
      try {
        await import(pkg)
        return null
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
        return missing && message.includes(`'${pkg}'`)
          ? `${pkg} is not installed (npm install ${pkg})`
          : `${pkg} did not load: ${message.split('\n')[0]} (npm rebuild ${pkg})`
      }
    },
  }
}

const nodeGpu: BackendCandidate = {
  ...native('node-gpu', '@tensorflow/tfjs-node-gpu'),
  verify() {
    const { isUsingGpuDevice } = tf.backend() as tf.KernelBackend & { isUsingGpuDevice?: boolean }
    if (isUsingGpuDevice) return null
    tf.removeBackend('tensorflow') // tfjs-node goes by the same name
    return 'TensorFlow found no CUDA device'
  },
}

/**
 * Make a backend the active one: the one named, or the first that works here, in the order 'node-gpu' (CUDA through
 * tfjs-node-gpu), 'webgpu', 'node' (tfjs-node), 'wasm', 'cpu'. The native ones are optional peers.
 */
export function useBackend(name?: 'node-gpu' | 'webgpu' | 'node' | 'wasm' | 'cpu'): Promise<BackendChoice> {
  return chooseBackend([nodeGpu, webgpu, native('node', '@tensorflow/tfjs-node'), wasm, cpu], name)
}
