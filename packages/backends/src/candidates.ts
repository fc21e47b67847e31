import * as tf from '@tensorflow/tfjs-core'
import type { BackendCandidate, Unavailable } from './choose-backend.js'

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
      const { openWebgpu } = await import('./webgpu/open.js')
      return openWebgpu(gpu, { software, precision })
    },
  }
}

export const wasm: BackendCandidate = {
  name: 'wasm',
  tfjsName: 'wasm',
  async load() {
    await import('@tensorflow/tfjs-backend-wasm')
    const { registerWasmKernels } = await import('./wasm/register.js')
    registerWasmKernels()
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
  verify() {
    // In Node the first tensor prints an advert for tfjs-node, useless to a user who chose 'cpu'.
    Object.assign(tf.backend(), { firstUse: false })
    return null
  },
}

/** A backend that needs Node, for the list of browsers: it only says so. */
export function nodeOnly(name: 'node-gpu' | 'node'): BackendCandidate {
  return { name, tfjsName: name, onlyByName: true, load: async () => ({ reason: 'it needs Node' }) }
}
