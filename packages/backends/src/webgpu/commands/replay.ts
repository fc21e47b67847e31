import type { WordPlace } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { aliasesOf, streamsIn, tensorsIn } from '../../compile/arguments.js'
import type { Replay } from '../../compile/recorded-runs.js'
import { type Precision, precisionOf } from '../../precision.js'
import { type Tuning, tuningOf } from '../../tuning.js'
import { type WebgpuBackend, wordsOf } from '../backend.js'
import { markWritten } from '../in-place.js'
import type { Place } from '../region.js'
import { buffersOf } from './command.js'
import { Prepared } from './prepared.js'
import type { Program } from './program.js'
import { isStandIn, type StandIn } from './stand-in.js'

/** A function as its commands, run again on other arguments. */
export class CommandReplay implements Replay {
  readonly #backend: WebgpuBackend
  readonly #program: Program
  readonly #prepared: Prepared
  readonly #drawn: StandIn[]
  /** How many tensors share the memory of each tensor that is written in place. */
  readonly #holders: ReadonlyMap<object, number>
  readonly #precision: Precision
  readonly #tuning: Tuning | undefined
  /** The variables that the commands use. */
  readonly #variables: readonly { variable: tf.Variable; dataId: object }[]

  constructor(backend: WebgpuBackend, program: Program) {
    this.#backend = backend
    this.#program = program
    this.#prepared = new Prepared(backend.device, program.commands, {
      inputs: program.inputs.filter(buffer => buffer !== undefined),
      results: program.results.map(({ buffer }) => buffer).filter(buffer => buffer !== undefined),
    })
    this.#drawn = drawnIn(program)
    this.#holders = new Map([...program.written].map(dataId => [dataId, backend.refCount(dataId)]))
    this.#precision = precisionOf(backend)
    this.#tuning = tuningOf(backend)
    const used = new Set(program.external.values())
    this.#variables = Object.values(tf.engine().registeredVariables)
      .filter(({ dataId }) => used.has(dataId))
      .map(variable => ({ variable, dataId: variable.dataId }))
  }

  /**
   * Whether the commands can run on these arguments: every other tensor still has its buffer, every variable its tensor, and
   * the arguments that were one tensor are one again, and no others.
   */
  fits(args: readonly unknown[]): boolean {
    const { tensorMap } = this.#backend
    const { external, aliases } = this.#program
    if (precisionOf(this.#backend) !== this.#precision) return false
    if (tuningOf(this.#backend) !== this.#tuning) return false
    for (const [buffer, dataId] of external)
      if (!tensorMap.has(dataId) || tensorMap.get(dataId).resource !== buffer) return false
    for (const [dataId, holders] of this.#holders)
      if (this.#backend.refCount(dataId) !== holders) return false
    return (
      this.#variables.every(({ variable, dataId }) => variable.dataId === dataId) &&
      aliasesOf(args) === aliases
    )
  }

  /** Run the commands. Returns new tensors. */
  run(args: readonly unknown[]): tf.Tensor[] {
    const backend = this.#backend
    const { results, written } = this.#program
    backend.endComputePassEncoder()
    if (backend.commandEncoder) backend.submitQueue()
    this.#draw(args)
    const copies: [Place, GPUBuffer][] = []
    const made = results.map(({ buffer, shape, dtype }) => {
      const info = backend.makeTensorInfo(shape, dtype)
      const data = backend.tensorMap.get(info.dataId)
      if (buffer) {
        backend.uploadToGPU(info.dataId)
        copies.push([this.#prepared.placeOf(buffer), data.resource!])
      } else data.values = new Float32Array(0)
      return tf.engine().makeTensorFromTensorInfo(info)
    })
    this.#prepared.submit(this.#inputs(args), encoder => {
      for (const [{ buffer, offset, size }, to] of copies)
        encoder.copyBufferToBuffer(buffer, offset, to, 0, size)
    })
    for (const dataId of written) markWritten(backend, dataId)
    return made
  }

  dispose(): void {
    this.#prepared.dispose()
  }

  /** Give each draw the place of its words in the present streams. */
  #draw(args: readonly unknown[]): void {
    if (this.#drawn.length === 0) return
    const { draws } = this.#program
    const drawn = draws.again(streamsIn(args)) as WordPlace[]
    const beginnings = this.#drawn.map(standIn => {
      const { key, counter } = drawn[draws.indexOf(standIn.place!)!]!
      return [standIn, [...key, ...counter]] as const
    })
    this.#prepared.drawn.rewrite(this.#backend.device, new Map(beginnings))
  }

  /** Numbers on the host are written to the inputs now; those on the device are copied by a command. */
  #inputs(args: readonly unknown[]): (encoder: GPUCommandEncoder) => void {
    const { tensorMap, device } = this.#backend
    const copies: [from: GPUBuffer, to: GPUBuffer][] = []
    for (const [i, { dataId }] of tensorsIn(args).entries()) {
      const input = this.#program.inputs[i]
      if (!input) continue
      const { buffer } = this.#prepared.placeOf(input)
      const { resource, values } = tensorMap.get(dataId)
      if (resource) copies.push([resource, buffer])
      else device.queue.writeBuffer(buffer, 0, wordsOf(values!))
    }
    return encoder => {
      for (const [from, to] of copies) encoder.copyBufferToBuffer(from, 0, to, 0, from.size)
    }
  }
}

/** The uniforms that begin with the place of a draw from an argument. */
function drawnIn({ commands, draws }: Program): StandIn[] {
  const all = new Set(commands.flatMap(buffersOf).filter(isStandIn))
  return [...all].filter(({ place }) => place && draws.indexOf(place) !== undefined)
}
