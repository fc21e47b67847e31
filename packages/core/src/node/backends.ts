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
        return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
          ? `${pkg} is not installed`
          : `${pkg} did not load: ${message.split('\n')[0]}`
      }
    },
  }
}

/**
 * Make a backend the active one: the one named, or the first that works here, in the order 'node-gpu' (CUDA through
 * tfjs-node-gpu), 'webgpu', 'node' (tfjs-node), 'wasm', 'cpu'. The native ones are optional peers.
 */
export function useBackend(name?: 'node-gpu' | 'webgpu' | 'node' | 'wasm' | 'cpu'): Promise<BackendChoice> {
  return chooseBackend(
    [
      native('node-gpu', '@tensorflow/tfjs-node-gpu'),
      webgpu,
      native('node', '@tensorflow/tfjs-node'),
      wasm,
      cpu,
    ],
    name,
  )
}
