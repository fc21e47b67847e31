import * as tf from '@tensorflow/tfjs-core'
import { registerKernels } from '../kernels/register-kernels.js'
import { guard } from './guard.js'
import { kernels, replacements } from './kernels/index.js'

/** Limits that tfjs asks for in full, and the number of buffers that fused kernels bind. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
] as const satisfies readonly (keyof GPUSupportedLimits)[]

/** The device in use. */
let current: { device: GPUDevice; name: string; software: boolean; failed: () => boolean } | undefined

/** What the adapter calls itself, as far as it tells. */
function title({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter'
}

/**
 * Register tfjs's 'webgpu' backend on a device of our own, whose errors throw (see guard). A device that works is kept,
 * with all its tensors; one that was lost, or that refused a command, is replaced.
 *
 * @param gpu       what navigator.gpu is in a browser
 * @param software  take an adapter that computes on the CPU, and no other; else never take one
 * @returns         the adapter's name, or why there is no such adapter
 */
export async function openWebgpu(
  gpu: GPU,
  { software }: { software: boolean },
): Promise<{ device: string } | { reason: string }> {
  if (current && current.software === software && !current.failed() && tf.findBackendFactory('webgpu'))
    return { device: current.name }
  const adapter = await gpu.requestAdapter({
    powerPreference: 'high-performance',
    ...(software && { forceFallbackAdapter: true }),
  })
  if (!adapter) return { reason: software ? 'no software adapter' : 'no adapter' }
  const name = title(adapter.info)
  if (!software && adapter.info.isFallbackAdapter)
    return { reason: `the only adapter computes on the CPU (${name}): ask for 'webgpu-software' to use it` }
  if (software && !adapter.info.isFallbackAdapter) return { reason: `no software adapter, only ${name}` }

  const opened = await adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: Object.fromEntries(LIMITS.map(limit => [limit, adapter.limits[limit]])),
  })
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  registerKernels('webgpu', kernels, replacements)
  tf.env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', false) // a tiled gradient of the input, not a thread for each number
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu') // importing it registers one on a device of its own
  current?.device.destroy()
  const backend = new WebGPUBackend(opened, adapter.info)
  const { failed } = guard(backend, opened, software ? 'webgpu-software' : 'webgpu')
  current = { device: opened, name, software, failed }
  tf.registerBackend('webgpu', () => backend, 3)
  return { device: name }
}
