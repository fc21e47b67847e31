import type { WordPlace } from '@rectified-flow/core'

/** What stands for a buffer in recorded commands: where and when it is in memory is decided after the recording. */
export interface StandIn {
  readonly size: number
  readonly usage: GPUBufferUsageFlags
  /** The numbers that the host gave it. */
  bytes?: ArrayBuffer
  /** Set if `bytes` begin with the place of random words; a later run has another place. */
  place?: WordPlace
  /** Whether a kernel writes over `bytes`. */
  changes?: boolean
}

const standIns = new WeakSet<object>()

/** tfjs asks for `instanceof GPUBuffer`, and fills a mapped buffer, so a stand-in can do both. */
export function standIn(size: number, usage: GPUBufferUsageFlags, mapped = false): StandIn {
  const made: StandIn = Object.create(GPUBuffer.prototype)
  const value = (value: unknown) => ({ value, writable: true })
  Object.defineProperties(made, {
    size: value(size),
    usage: value(usage),
    mapState: value(mapped ? 'mapped' : 'unmapped'),
    bytes: value(mapped ? new ArrayBuffer(size) : undefined),
    place: value(undefined),
    changes: value(false),
    getMappedRange: value(() => made.bytes),
    unmap: value(() => undefined),
  })
  standIns.add(made)
  return made
}

export const isStandIn = (buffer: object): buffer is StandIn => standIns.has(buffer)
