import * as tf from '@tensorflow/tfjs-core'
import type { BackendCandidate, Unavailable } from '../choose-backend.js'
import { registerGradients } from '../gradients.js'
import type { TensorflowBackend } from '../tensorflow/eager.js'
import { isInstalled, whyNot } from './why-not.js'

/** tfjs-node calls util.isNullOrUndefined, which Node 23 removed (tfjs #8425). */
async function restoreIsNullOrUndefined(): Promise<void> {
  const { createRequire } = await import('node:module')
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
}

/**
 * Import the package, and keep the active backend. tfjs would warn about each kernel that was registered before; tfjs-node
 * registers the cpu backend too.
 */
async function importQuietly(pkg: string): Promise<void> {
  const active = tf.engine().backendName as string | null
  const production = tf.env().getBool('PROD')
  tf.env().set('PROD', true)
  try {
    await import(pkg)
  } finally {
    tf.env().set('PROD', production)
    if (active) await tf.setBackend(active)
  }
}

const packages = { node: '@tensorflow/tfjs-node', 'node-gpu': '@tensorflow/tfjs-node-gpu' }

type Running = TensorflowBackend & { isGPUPackage: boolean }

/** Why the running backend is not the named one. Both packages register theirs as 'tensorflow', and tfjs keeps the first. */
function unfit(name: keyof typeof packages): Unavailable | undefined {
  const running = tf.findBackend('tensorflow') as unknown as Running | null
  if (!running) return undefined
  const onlyOne = (loaded: string) => ({
    reason: `this process has loaded ${loaded}, and it can use only one of the two packages`,
  })
  const { isGPUPackage, isUsingGpuDevice } = running
  // Without a device, the backend of tfjs-node-gpu is as good as that of tfjs-node.
  if (name === 'node') return isGPUPackage && isUsingGpuDevice ? onlyOne(packages['node-gpu']) : undefined
  if (!isGPUPackage) return onlyOne(packages.node)
  return isUsingGpuDevice ? undefined : { reason: 'TensorFlow found no CUDA device' }
}

function native(name: keyof typeof packages): BackendCandidate {
  const pkg = packages[name]
  return {
    name,
    tfjsName: 'tensorflow',
    async load(): ReturnType<BackendCandidate['load']> {
      // Checked before the import too: the second package would put tfjs's kernels in the place of ours.
      const before = isInstalled(pkg) ? unfit(name) : undefined
      if (before) return before
      await restoreIsNullOrUndefined()
      process.env.TF_CPP_MIN_LOG_LEVEL ??= '1' // otherwise TensorFlow prints a line for every graph that it loads
      // One operation at a time, on all cores: a second thread for operations would only look for work on a core that computes.
      process.env.TF_NUM_INTEROP_THREADS ??= '1'
      try {
        await importQuietly(pkg)
        await registerGradients({ again: true }) // tfjs-node registers all gradients of tfjs
        const after = unfit(name)
        if (after) return after
        const { extendTensorflow } = await import('./extend-tensorflow.js') // only now: the others don't need it
        const { isUsingGpuDevice } = tf.findBackend('tensorflow') as unknown as Running
        const instructions = extendTensorflow({ onCpu: !isUsingGpuDevice })
        return instructions ? { device: `CPU with ${instructions}` } : {}
      } catch (error) {
        return whyNot(pkg, error as Error)
      }
    },
  }
}

export const tfjsNode = native('node')
export const nodeGpu = native('node-gpu')
