import { aligned, type Place } from '../region.js'
import type { StandIn } from './stand-in.js'

/** Bytes up to which equal numbers are stored once. */
const MOST_COMPARED = 256

/** Numbers of the host, packed into one buffer. */
export class Constants {
  readonly places = new Map<StandIn, Place>()
  readonly #buffer: GPUBuffer | undefined

  constructor(device: GPUDevice, standIns: readonly StandIn[], usage: GPUBufferUsageFlags) {
    const offsets = new Map<StandIn, number>()
    const known = new Map<string, number>()
    let end = 0
    for (const standIn of standIns) {
      const text =
        standIn.size <= MOST_COMPARED && !standIn.place ? String(new Uint32Array(standIn.bytes!)) : undefined
      const before = text === undefined ? undefined : known.get(text)
      offsets.set(standIn, before ?? end)
      if (before !== undefined) continue
      if (text !== undefined) known.set(text, end)
      end += aligned(standIn.size)
    }
    if (end === 0) return
    const buffer = device.createBuffer({ size: end, usage, mappedAtCreation: true })
    const all = new Uint8Array(buffer.getMappedRange())
    for (const [standIn, offset] of offsets) {
      all.set(new Uint8Array(standIn.bytes!), offset)
      this.places.set(standIn, { buffer, offset, size: standIn.size })
    }
    buffer.unmap()
    this.#buffer = buffer
  }

  /** Write all numbers again, some of them with other first words. */
  rewrite(device: GPUDevice, beginnings: ReadonlyMap<StandIn, readonly number[]>): void {
    const all = new Uint8Array(this.#buffer!.size)
    for (const [standIn, { offset }] of this.places) {
      all.set(new Uint8Array(standIn.bytes!), offset)
      const beginning = beginnings.get(standIn)
      if (beginning) new Uint32Array(all.buffer, offset, beginning.length).set(beginning)
    }
    device.queue.writeBuffer(this.#buffer!, 0, all)
  }

  dispose(): void {
    this.#buffer?.destroy()
  }
}
