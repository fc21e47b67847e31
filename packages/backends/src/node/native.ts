import * as tf from '@tensorflow/tfjs-core'
import type { BackendCandidate } from '../choose-backend.js'
import { compilerOf, registerCompiler } from '../compile/compilers.js'
import { registerGradients } from '../gradients.js'
import type { TensorflowBackend } from '../tensorflow/eager.js'
import { graphCompiler } from '../tensorflow/graph/graph-compiler.js'
import { registerTensorflowKernels } from '../tensorflow/register.js'
import { loadModel } from './load-model.js'
import { whyNot } from './why-not.js'

/** tfjs-node calls util.isNullOrUndefined, which Node 23 removed (tfjs #8425). */
async function restoreIsNullOrUndefined(): Promise<void> {
  const { createRequire } = await import('node:module')
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
}

/** tfjs-node registers its own cpu backend, and tfjs warns about each kernel that was registered before. */
async function importQuietly(pkg: string): Promise<void> {
  const production = tf.env().getBool('PROD')
  tf.env().set('PROD', true)
  try {
    await import(pkg)
  } finally {
    tf.env().set('PROD', production)
  }
}

/** Give tfjs-node's backend a compiler, once: a GraphBinding stays in front of its binding for good. */
function compileToGraphs(): void {
  const backend = tf.findBackend('tensorflow')
  if (compilerOf(backend)) return
  const compiler = graphCompiler(backend as unknown as TensorflowBackend, loadModel)
  if (compiler) registerCompiler(backend, compiler)
}

function native(name: 'node' | 'node-gpu', pkg: string): BackendCandidate {
  return {
    name,
    tfjsName: 'tensorflow',
    async load(): ReturnType<BackendCandidate['load']> {
      await restoreIsNullOrUndefined()
      process.env.TF_CPP_MIN_LOG_LEVEL ??= '1' // otherwise TensorFlow prints a line for every graph that it loads
      try {
        await importQuietly(pkg)
        await registerGradients({ again: true }) // tfjs-node registers all gradients of tfjs
        compileToGraphs() // before the kernels, so that their constants have handles too
        registerTensorflowKernels()
        return {}
      } catch (error) {
        return whyNot(pkg, error as Error)
      }
    },
  }
}

export const tfjsNode: BackendCandidate = native('node', '@tensorflow/tfjs-node')

export const nodeGpu: BackendCandidate = {
  ...native('node-gpu', '@tensorflow/tfjs-node-gpu'),
  verify() {
    const { isUsingGpuDevice } = tf.backend() as tf.KernelBackend & { isUsingGpuDevice?: boolean }
    if (isUsingGpuDevice) return null
    tf.removeBackend('tensorflow') // tfjs-node registers its backend under the same name
    return { reason: 'TensorFlow found no CUDA device' }
  },
}
