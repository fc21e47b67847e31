import type { Unavailable } from '../choose-backend.js'
import type { Precision } from '../precision.js'

/** The feature that mixed precision needs. */
export const HALF = 'shader-f16'

/** What a device must be. */
export interface AdapterOptions {
  /** true: only an adapter that computes on the CPU; false: only another one. */
  software: boolean
  /** What it must be able to do. */
  precision: Precision
}

/** Why a device can't compute in this precision, or undefined. */
export function lacks(
  features: ReadonlySet<string>,
  name: string,
  precision: Precision,
): Unavailable | undefined {
  if (precision !== 'mixed' || features.has(HALF)) return undefined
  return { reason: `precision 'mixed' needs the feature ${HALF}, which ${name} lacks` }
}

/** The adapter's name, from the fields that it fills. A GPU's description is often only its driver's. */
export function adapterName({
  info: { vendor, architecture, device, description, isFallbackAdapter },
}: Pick<GPUAdapter, 'info'>): string {
  const names = isFallbackAdapter ? [description, device] : [device, description]
  return names.find(Boolean) || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter'
}

/** The adapter to compute on, or why there is none. In its own file, so that a browser without a GPU loads no kernels for it. */
export async function findAdapter(
  gpu: GPU,
  { software, precision }: AdapterOptions,
): Promise<GPUAdapter | Unavailable> {
  const adapter = await gpu.requestAdapter({
    powerPreference: 'high-performance',
    ...(software && { forceFallbackAdapter: true }),
  })
  if (!adapter) return { reason: software ? 'no software adapter' : 'no adapter' }
  const name = adapterName(adapter)
  if (!software && adapter.info.isFallbackAdapter)
    return { reason: `the only adapter computes on the CPU (${name}): ask for 'webgpu-software' to use it` }
  if (software && !adapter.info.isFallbackAdapter) return { reason: `no software adapter, only ${name}` }
  return lacks(adapter.features, name, precision) ?? adapter
}
