import * as tf from '@tensorflow/tfjs-core'
import { aliasesOf, streamsIn, tensorsIn } from '../../compile/arguments.js'
import { livesOf } from '../../compile/lives.js'
import type { Replay } from '../../compile/recorded-runs.js'
import type { WasmBackend } from '../backend.js'
import { threadsOf } from '../simd.js'
import { Arena, allocate, type Share } from './arena.js'
import { overwritten } from './in-place.js'
import { planOffsets } from './plan.js'
import { type Data, dataOf, type Program } from './program.js'
import { Slot } from './slot.js'
import { type Steps, stepsOf } from './steps.js'

/** A function as its calls, run again on other arguments. */
export class CallReplay implements Replay {
  readonly #backend: WasmBackend
  readonly #program: Program
  readonly #slots = new Map<Data, Slot>()
  readonly #steps: Steps
  readonly #threads: number
  /** Tensors from before, which must still exist. */
  readonly #before: readonly Data[]
  readonly #variables: readonly tf.Variable[]
  /** What the commands make for the caller or for variables: new memory in each run. */
  readonly #given: readonly Data[]
  /** Variables that may be written over, by what they are assigned. */
  readonly #overwritten: ReadonlyMap<Data, tf.Variable>
  /** Where the other tensors are in the arena. */
  readonly #planned: readonly (readonly [Slot, offset: number])[]
  readonly #share: Share
  /** Tensors and bytes of the host. */
  readonly #constants: number
  #arena = -1

  constructor(backend: WasmBackend, program: Program) {
    this.#backend = backend
    this.#program = program
    this.#threads = threadsOf(backend)
    const { commands, draws, results, assigned } = program
    const all = new Set(commands.flatMap(dataOf))
    const outputs = new Set([...results.map(({ data }) => data), ...assigned.map(({ after }) => after)])
    for (const data of [...all, ...outputs])
      if (!this.#slots.has(data)) this.#slots.set(data, new Slot(backend, data))
    const kept = [...this.#slots.keys()]
    this.#before = kept.filter(({ origin: { kind } }) => kind === 'before')
    this.#variables = kept.flatMap(({ origin }) => (origin.kind === 'variable' ? [origin.variable] : []))
    this.#given = kept.filter(data => data.origin.kind === 'made' && outputs.has(data))
    const lives = livesOf(commands, dataOf)
    this.#overwritten = overwritten(program, lives)
    const planned = [...lives].filter(([data]) => data.origin.kind === 'made' && !outputs.has(data))
    const { bytes, offsets } = planOffsets(new Map(planned))
    this.#planned = planned.map(([data]) => [this.#slotOf(data), offsets.get(data)!] as const)
    this.#share = Arena.of(backend).take(bytes)
    this.#steps = stepsOf(backend, commands, this.#slotOf, place => draws.indexOf(place as never))
    this.#constants = this.#placeConstants(kept)
  }

  /** Whether every tensor from before still exists, and the arguments that were one tensor are one again, and no others. */
  fits(args: readonly unknown[]): boolean {
    const { dataIdMap } = this.#backend
    return (
      threadsOf(this.#backend) === this.#threads &&
      this.#before.every(({ dataId }) => dataIdMap.has(dataId)) &&
      this.#program.assigned.every(({ variable }) => !variable.isDisposed) &&
      this.#variables.every(({ isDisposed }) => !isDisposed) &&
      aliasesOf(args) === this.#program.aliases
    )
  }

  run(args: readonly unknown[]): tf.Tensor[] {
    const backend = this.#backend
    const { results, assigned } = this.#program
    const held = this.#place(args)
    this.#draw(args)
    const given = new Map<Data, tf.TensorInfo>()
    const changed = this.#make(given)
    for (const { numbers, run } of this.#steps.steps) run(numbers)
    const taken = new Set<Data>()
    const take = (data: Data, shape: number[]): tf.Tensor => {
      const { dtype } = data
      const made = given.get(data)
      const dataId = made?.dataId ?? held.get(data) ?? this.#copyOf(data).dataId
      if (made ? taken.has(data) : held.has(data)) backend.incRef(dataId)
      taken.add(data)
      return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype })
    }
    const tensors = results.map(({ data, shape }) => take(data, shape))
    const next = assigned
      .filter(({ after }) => !changed.has(after))
      .map(({ variable, after }) => [variable, take(after, variable.shape)] as const)
    for (const [variable, tensor] of next) {
      variable.assign(tensor)
      tensor.dispose()
    }
    for (const variable of changed.values()) this.#wasChanged(variable)
    return tensors
  }

  dispose(): void {
    Arena.of(this.#backend).release(this.#share)
    if (this.#constants > 0) this.#backend.wasm._free(this.#constants)
    for (const slot of this.#slots.values()) slot.dispose()
  }

  readonly #slotOf = (data: Data): Slot => this.#slots.get(data)!

  /** Tell the calls where everything is. Returns the tensors from before the run that the function may return. */
  #place(args: readonly unknown[]): Map<Data, object> {
    const { dataIdMap } = this.#backend
    const tensors = tensorsIn(args)
    const held = new Map<Data, object>()
    for (const [data, slot] of this.#slots) {
      const { origin } = data
      if (origin.kind === 'before') held.set(data, data.dataId)
      else if (origin.kind === 'argument' || origin.kind === 'variable') {
        const { dataId } = origin.kind === 'argument' ? tensors[origin.index]! : origin.variable
        held.set(data, dataId)
        slot.moveTo(dataIdMap.get(dataId).memoryOffset)
      }
    }
    const { address } = Arena.of(this.#backend)
    if (address === this.#arena) return held
    this.#arena = address
    for (const [slot, offset] of this.#planned) slot.moveTo(address + offset)
    return held
  }

  /** Find memory for what the caller or a variable gets: new memory, or that of the variable. Returns what is written over. */
  #make(given: Map<Data, tf.TensorInfo>): Map<Data, tf.Variable> {
    const backend = this.#backend
    const changed = new Map<Data, tf.Variable>()
    for (const data of this.#given) {
      const variable = this.#overwritten.get(data)
      const isAlone = variable && backend.refCount(variable.dataId) === 1
      const { dataId } = isAlone ? variable : backend.makeOutput(data.shape, data.dtype)
      if (isAlone) changed.set(data, variable)
      else given.set(data, { ...data, dataId })
      this.#slotOf(data).moveTo(backend.dataIdMap.get(dataId).memoryOffset)
    }
    return changed
  }

  /** Give each draw its words in the present streams. */
  #draw(args: readonly unknown[]): void {
    const { draws } = this.#program
    const drawn = draws.again(streamsIn(args))
    for (const { numbers, at, draw } of this.#steps.drawn) {
      const { key, counter } = drawn[draw] as { key: readonly number[]; counter: readonly number[] }
      for (const [i, word] of [...key, ...counter].entries()) numbers[at + i] = word
    }
    for (const [data, slot] of this.#slots) {
      const tensor = drawn[draws.indexOfTensor(data.dataId) ?? -1]
      if (tensor instanceof tf.Tensor) this.#write(slot.address, tensor.dataSync() as Float32Array)
    }
    tf.dispose(drawn.filter(one => one instanceof tf.Tensor))
  }

  /** Numbers of the host as a new tensor. */
  #copyOf(data: Data): tf.TensorInfo {
    const copy = this.#backend.makeOutput(data.shape, data.dtype)
    const { address } = this.#slotOf(data)
    const { memoryOffset } = this.#backend.dataIdMap.get(copy.dataId)
    this.#backend.wasm.HEAPU8.copyWithin(memoryOffset, address, address + data.bytes)
    return copy
  }

  #wasChanged({ dataId }: tf.Variable): void {
    const { id, memoryOffset, shape } = this.#backend.dataIdMap.get(dataId)
    const { tfjs } = this.#backend.wasm
    tfjs.disposeData(id) // XNNPACK may have a packed copy
    tfjs.registerTensor(id, tf.util.sizeFromShape(shape), memoryOffset)
  }

  #placeConstants(all: readonly Data[]): number {
    const hosts = all.flatMap(data =>
      data.origin.kind === 'host' ? [[data, data.origin.values] as const] : [],
    )
    const { bytes } = this.#steps
    const sizes = [...hosts.map(([, values]) => values), ...bytes.map(({ values }) => values)]
    const total = sizes.reduce((sum, { byteLength }) => sum + aligned(byteLength), 0)
    if (total === 0) return 0
    const start = allocate(this.#backend, total)
    let address = start
    const put = (values: Uint8Array): number => {
      const here = address
      this.#write(here, values)
      address += aligned(values.byteLength)
      return here
    }
    for (const [data, values] of hosts) this.#slotOf(data).moveTo(put(values))
    for (const { values, numbers, at } of bytes) numbers[at] = put(values)
    return start
  }

  #write(address: number, values: ArrayBufferView): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.#backend.wasm.HEAPU8.set(bytes, address)
  }
}

const aligned = (bytes: number) => 16 * Math.max(1, Math.ceil(bytes / 16))
