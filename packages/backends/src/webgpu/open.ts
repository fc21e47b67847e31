import * as tf from '@tensorflow/tfjs-core'
import type { Unavailable } from '../choose-backend.js'
import { registerKernels } from '../kernels/register-kernels.js'
import { setTuning } from '../tuning.js'
import { type AdapterOptions, adapterName, HALF, lacks } from './adapter.js'
import type { WebgpuBackend } from './backend.js'
import { registerCommands } from './commands/register.js'
import { useMatrices } from './convolution/exact.js'
import { offeredMatrices } from './convolution/machine.js'
import { guard } from './guard.js'
import { kernels, replacements } from './kernels/index.js'
import { makeLazy } from './lazy.js'
import { acceptRegions } from './region.js'

/** The limits that tfjs requests at their maximum, and the number of buffers, for fused kernels. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
] as const satisfies readonly (keyof GPUSupportedLimits)[]

/** Features that the kernels use where there are any; tfjs times commands with the first. */
const FEATURES = ['timestamp-query', HALF, 'subgroups', 'chromium-experimental-subgroup-matrix']

/** The device in use. */
let current:
  | {
      device: GPUDevice
      name: string
      software: boolean
      failed: () => boolean
      /** The sides of matrices that nobody has tried yet. */
      matrices: readonly number[]
    }
  | undefined

/** The device in use if it does, so that it is kept with all its tensors; one that was lost or refused a command is replaced. */
export function openedWebgpu({
  software,
  precision,
}: AdapterOptions): { device: string } | Unavailable | undefined {
  if (!current || current.software !== software || current.failed()) return undefined
  if (!tf.findBackendFactory('webgpu')) return undefined
  const { device, name } = current
  return lacks(device.features as ReadonlySet<string>, name, precision) ?? { device: name }
}

/**
 * Register tfjs's 'webgpu' backend on a device that this function opens; its errors throw (see guard).
 *
 * @returns  the adapter's name
 */
export async function openWebgpu(adapter: GPUAdapter, software: boolean): Promise<{ device: string }> {
  const name = adapterName(adapter)
  const opened = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter(feature => adapter.features.has(feature)) as GPUFeatureName[],
    requiredLimits: Object.fromEntries(LIMITS.map(limit => [limit, adapter.limits[limit]])),
  })
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  registerKernels('webgpu', kernels, replacements)
  tf.env().set('WEBGPU_CPU_FORWARD', false) // the device computes small tensors too, so that compiled functions have the same bits
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu') // the import registers a backend with a device of its own
  current?.device.destroy()
  const backend = new WebGPUBackend(opened, adapter.info)
  setTuning(backend, { device: name, variants: {} })
  acceptRegions(backend as unknown as WebgpuBackend)
  makeLazy(backend as unknown as WebgpuBackend)
  const { failed } = guard(backend, opened, software ? 'webgpu-software' : 'webgpu')
  current = { device: opened, name, software, failed, matrices: offeredMatrices(opened, adapter.info) }
  registerCommands(backend)
  tf.registerBackend('webgpu', () => backend, 3)
  return { device: name }
}

/** Before the first products of float16 numbers: find the matrices of subgroups that compute right. */
export async function prepareMixed(): Promise<void> {
  if (!current || current.matrices.length === 0) return
  await useMatrices(tf.backend() as unknown as WebgpuBackend, current.matrices)
  current.matrices = []
}
