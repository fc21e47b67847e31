import * as tf from '@tensorflow/tfjs-core'
import { registerKernels } from '../kernels/register-kernels.js'
import type { Precision } from '../precision.js'
import { setTuning } from '../tuning.js'
import type { WebgpuBackend } from './backend.js'
import { registerCommands } from './commands/register.js'
import { tuned } from './convolution/tuned.js'
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

/** The feature that mixed precision needs. */
const HALF = 'shader-f16'

/** Features that the kernels use where there are any; tfjs times commands with the first. */
const FEATURES = ['timestamp-query', HALF, 'subgroups', 'chromium-experimental-subgroup-matrix']

/** The device in use. */
let current: { device: GPUDevice; name: string; software: boolean; failed: () => boolean } | undefined

/** The adapter's name, from the fields that it fills. */
function title({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter'
}

/**
 * Register tfjs's 'webgpu' backend on a device that this function opens; its errors throw (see guard). If the present
 * device works, it is kept with all its tensors. If it was lost or refused a command, a new one replaces it.
 *
 * @param gpu        navigator.gpu, or Dawn
 * @param software   true: only an adapter that computes on the CPU; false: only another one
 * @param precision  what the device must be able to do
 * @returns          the adapter's name, or why there is no such adapter
 */
export async function openWebgpu(
  gpu: GPU,
  { software, precision }: { software: boolean; precision: Precision },
): Promise<{ device: string } | { reason: string }> {
  const lacking = (name: string) => ({
    reason: `precision 'mixed' needs the feature ${HALF}, which ${name} lacks`,
  })
  if (current && current.software === software && !current.failed() && tf.findBackendFactory('webgpu')) {
    if (precision === 'mixed' && !current.device.features.has(HALF)) return lacking(current.name)
    return { device: current.name }
  }
  const adapter = await gpu.requestAdapter({
    powerPreference: 'high-performance',
    ...(software && { forceFallbackAdapter: true }),
  })
  if (!adapter) return { reason: software ? 'no software adapter' : 'no adapter' }
  const name = title(adapter.info)
  if (!software && adapter.info.isFallbackAdapter)
    return { reason: `the only adapter computes on the CPU (${name}): ask for 'webgpu-software' to use it` }
  if (software && !adapter.info.isFallbackAdapter) return { reason: `no software adapter, only ${name}` }
  if (precision === 'mixed' && !adapter.features.has(HALF)) return lacking(name)

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
  setTuning(backend, tuned.find(({ device }) => device === name) ?? { device: name, variants: {} })
  acceptRegions(backend as unknown as WebgpuBackend)
  makeLazy(backend as unknown as WebgpuBackend)
  const { failed } = guard(backend, opened, software ? 'webgpu-software' : 'webgpu')
  current = { device: opened, name, software, failed }
  registerCommands(backend)
  tf.registerBackend('webgpu', () => backend, 3)
  return { device: name }
}
