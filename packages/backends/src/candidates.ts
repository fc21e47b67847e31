import * as tf from '@tensorflow/tfjs-core'
import type { BackendCandidate, Unavailable } from './choose-backend.js'
import { findAdapter } from './webgpu/adapter.js'

/** WebGPU through navigator.gpu, or through the GPU that `find` returns (Dawn, in Node). */
export function webgpu(
  name: 'webgpu' | 'webgpu-software',
  find: () => Promise<GPU | Unavailable> = async () =>
    (globalThis.navigator as Navigator | undefined)?.gpu ?? { reason: 'navigator.gpu is missing' },
): BackendCandidate {
  const software = name === 'webgpu-software'
  return {
    name,
    tfjsName: 'webgpu',
    onlyByName: software,
    mixes: true,
    async load(precision) {
      const gpu = await find()
      if ('reason' in gpu) return gpu
      const options = { software, precision }
      if (tf.findBackendFactory('webgpu')) {
        const { openedWebgpu } = await import('./webgpu/open.js')
        const kept = openedWebgpu(options)
        if (kept) return kept
      }
      const adapter = await findAdapter(gpu, options)
      if ('reason' in adapter) return adapter
      const { openWebgpu } = await import('./webgpu/open.js') // only now: without a GPU, a page loads none of this
      return openWebgpu(adapter, software)
    },
    async verify(precision) {
      if (precision === 'mixed') await (await import('./webgpu/open.js')).prepareMixed()
      return null
    },
  }
}

export const wasm: BackendCandidate = {
  name: 'wasm',
  tfjsName: 'wasm',
  async load() {
    await import('@tensorflow/tfjs-backend-wasm')
    const { registerWasmKernels } = await import('./wasm/register.js')
    await registerWasmKernels()
    return {}
  },
}

export const cpu: BackendCandidate = {
  name: 'cpu',
  tfjsName: 'cpu',
  async load() {
    // tfjs-node registers a cpu backend too, and tfjs warns about every kernel that is registered twice
    if (!tf.findBackendFactory('cpu')) await import('@tensorflow/tfjs-backend-cpu')
    return {}
  },
  async verify() {
    // In Node the first tensor prints an advert for tfjs-node, useless to a user who chose 'cpu'.
    Object.assign(tf.backend(), { firstUse: false })
    return null
  },
}

/** A backend that needs Node, for the list of browsers: it only says so. */
export function nodeOnly(name: 'node-gpu' | 'node'): BackendCandidate {
  return { name, tfjsName: name, onlyByName: true, load: async () => ({ reason: 'it needs Node' }) }
}
