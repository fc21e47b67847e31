import { createRequire } from 'node:module'
import { type BackendName, registerGradients, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'

/** Backends that run only when they are named. */
export const ONLY_BY_NAME: readonly BackendName[] = ['webgpu-software', 'cpu']

/** Backends that compute on a GPU; PyTorch also uses the GPU when it is compared with them. */
export const ON_GPU: readonly BackendName[] = ['node-gpu', 'webgpu']

const stockPackages: Partial<Record<BackendName, [pkg: string, tfjsName: string]>> = {
  'node-gpu': ['@tensorflow/tfjs-node-gpu', 'tensorflow'],
  node: ['@tensorflow/tfjs-node', 'tensorflow'],
}

/**
 * Make a backend the active one, with the kernels of the packages, or with only those of tfjs; the operations of the
 * packages are then compositions of tfjs's. Call it once in a process.
 *
 * @returns  the name of the device, if the backend tells it
 */
export async function openBackend(
  name: BackendName,
  { stock }: { stock: boolean },
): Promise<string | undefined> {
  if (!stock) return (await useBackend(name)).device
  await registerGradients()
  const native = stockPackages[name]
  if (native) {
    // tfjs-node calls this function of Node, which Node 23 removed (tfjs #8425).
    const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
    util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
    await import(native[0])
    await tf.setBackend(native[1])
    return undefined
  }
  if (name === 'wasm') {
    await import('@tensorflow/tfjs-backend-wasm')
    await tf.setBackend('wasm')
    return undefined
  }
  if (name === 'cpu') return (await useBackend('cpu')).device
  return openStockWebgpu(name)
}

/** tfjs's own backend, on the device that the packages open: nothing waits there, and `compile` compiles nothing. */
async function openStockWebgpu(name: BackendName): Promise<string | undefined> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  const kernels = tf.getKernelsForBackend('webgpu')
  const { device } = await useBackend(name)
  const { device: gpu } = tf.backend() as unknown as { device: GPUDevice }
  tf.removeBackend('webgpu')
  for (const { kernelName } of tf.getKernelsForBackend('webgpu')) tf.unregisterKernel(kernelName, 'webgpu')
  for (const kernel of kernels) tf.registerKernel(kernel)
  tf.env().set('WEBGPU_CPU_FORWARD', true) // as tfjs has it
  tf.registerBackend('webgpu', () => new WebGPUBackend(gpu, gpu.adapterInfo))
  await tf.setBackend('webgpu')
  return device
}

/** Wait until these tensors are computed. wasm and cpu are done when a call returns. */
export async function settle(name: BackendName, outputs: readonly tf.Tensor[]): Promise<void> {
  const last = outputs.at(-1)
  if (!last || name === 'wasm' || name === 'cpu') return
  const number = tf.tidy(() => tf.slice(tf.reshape(last, [-1]), [0], [1]))
  await number.data()
  number.dispose()
}
