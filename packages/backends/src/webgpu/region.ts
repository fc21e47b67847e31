import { patch } from '../compile/patch.js'
import type { WebgpuBackend } from './backend.js'

/** A part of a buffer. */
export interface Place {
  buffer: GPUBuffer
  offset: number
  size: number
}

/** WebGPU binds parts of buffers that begin at a multiple of this; devices may allow less. */
const ALIGNMENT = 256

export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

const places = new WeakMap<GPUBuffer, Place>()

/** How many regions of a buffer are in use. */
const tenants = new WeakMap<GPUBuffer, number>()

/**
 * What stands for a part of a buffer wherever tfjs wants a buffer, so that several tensors can have one. The buffer is
 * released with the last of its regions.
 */
export function regionOf({ buffer, offset, size }: Place): GPUBuffer {
  const region: GPUBuffer = Object.create(GPUBuffer.prototype) // tfjs asks for `instanceof GPUBuffer`
  Object.defineProperties(region, { size: { value: size }, usage: { value: buffer.usage } })
  places.set(region, { buffer, offset, size })
  tenants.set(buffer, (tenants.get(buffer) ?? 0) + 1)
  return region
}

/** Where a buffer's numbers are: in itself, if it is no region. */
export const placeOf = (buffer: GPUBuffer): Place =>
  places.get(buffer) ?? { buffer, offset: 0, size: buffer.size }

/** Let a backend and its device take regions for buffers. */
export function acceptRegions(backend: WebgpuBackend): void {
  const { device, bufferManager } = backend
  const bind = device.createBindGroup.bind(device)
  const encode = device.createCommandEncoder.bind(device)
  const release = bufferManager.releaseBuffer.bind(bufferManager)
  patch(device, {
    createBindGroup: ({ entries, ...rest }) => bind({ ...rest, entries: [...entries].map(resolved) }),
    createCommandEncoder: descriptor => {
      const encoder = encode(descriptor)
      const copy = encoder.copyBufferToBuffer.bind(encoder) as CopyPart
      const copyToTexture = encoder.copyBufferToTexture.bind(encoder)
      const copyRegion: CopyPart = (from, fromOffset, to, toOffset, bytes) => {
        const [a, b] = [placeOf(from), placeOf(to)]
        return copy(a.buffer, a.offset + fromOffset, b.buffer, b.offset + toOffset, bytes)
      }
      encoder.copyBufferToBuffer = copyRegion as GPUCommandEncoder['copyBufferToBuffer']
      encoder.copyBufferToTexture = ({ buffer, offset = 0, ...layout }, ...rest) => {
        const place = placeOf(buffer)
        copyToTexture({ ...layout, buffer: place.buffer, offset: place.offset + offset }, ...rest)
      }
      return encoder
    },
  })
  bufferManager.releaseBuffer = (region, reuse) => {
    const place = places.get(region)
    if (!place) return release(region, reuse)
    const left = tenants.get(place.buffer)! - 1
    tenants.set(place.buffer, left)
    if (left === 0) release(place.buffer, reuse)
  }
}

type CopyPart = (
  from: GPUBuffer,
  fromOffset: number,
  to: GPUBuffer,
  toOffset: number,
  bytes: number | undefined,
) => undefined

function resolved({ binding, resource }: GPUBindGroupEntry): GPUBindGroupEntry {
  if (!('buffer' in resource)) return { binding, resource }
  const place = places.get(resource.buffer)
  if (!place) return { binding, resource }
  const { offset = 0, size = place.size - offset } = resource
  return { binding, resource: { buffer: place.buffer, offset: place.offset + offset, size } }
}
