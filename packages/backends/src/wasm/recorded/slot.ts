import * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from '../backend.js'
import type { Data } from './program.js'

/** A tensor of a program that is run again: where it is in a run, and who has to know. */
export class Slot {
  readonly #backend: WasmBackend
  readonly #data: Pick<Data, 'shape' | 'dtype'>
  readonly #own: boolean
  readonly #uses: { numbers: number[]; at: number; offset: number }[] = []
  readonly #dataId: object
  readonly #id: number
  #isNumbered = false
  #isListed = false
  #address = -1

  /**
   * The slot of a tensor. One from before the program stays where it is; any other has a number of its own in tfjs's module,
   * because the tensor that had it in the recorded run may be gone, or live on.
   */
  constructor(backend: WasmBackend, data: Data) {
    this.#backend = backend
    this.#data = data
    this.#own = data.origin.kind !== 'before'
    this.#id = this.#own ? backend.dataIdNextNumber++ : data.id
    this.#dataId = this.#own ? {} : data.dataId
    if (!this.#own) this.#address = data.address
  }

  get address(): number {
    return this.#address
  }

  /** This number of a call is its address, plus an offset. */
  useIn(numbers: number[], at: number, offset: number): void {
    this.#uses.push({ numbers, at, offset })
    numbers[at] = this.#address + offset
  }

  /** Its number in tfjs's module. */
  get id(): number {
    if (this.#own && !this.#isNumbered) {
      this.#isNumbered = true
      this.#register()
    }
    return this.#id
  }

  /** A tensor for kernels. */
  get info(): tf.TensorInfo {
    const { shape, dtype } = this.#data
    if (this.#own && !this.#isListed) {
      this.#isListed = true
      const { id } = this
      this.#backend.dataIdMap.set(this.#dataId, {
        id,
        memoryOffset: this.#address,
        shape,
        dtype,
        refCount: 1,
      })
    }
    return { dataId: this.#dataId, shape, dtype }
  }

  moveTo(address: number): void {
    if (address === this.#address) return
    this.#address = address
    for (const { numbers, at, offset } of this.#uses) numbers[at] = address + offset
    if (this.#isNumbered) this.#register()
    if (this.#isListed) this.#backend.dataIdMap.get(this.#dataId).memoryOffset = address
  }

  /** Its numbers are others now: let XNNPACK forget what it made of those of before. */
  changed(): void {
    if (this.#isNumbered) this.#register()
  }

  dispose(): void {
    if (this.#isNumbered) this.#backend.wasm.tfjs.disposeData(this.#id)
    if (this.#isListed) this.#backend.dataIdMap.delete(this.#dataId)
  }

  #register(): void {
    const { tfjs } = this.#backend.wasm
    tfjs.disposeData(this.#id)
    tfjs.registerTensor(this.#id, tf.util.sizeFromShape(this.#data.shape), this.#address)
  }
}
