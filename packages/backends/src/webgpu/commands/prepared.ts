import { type Place, placeOf } from '../region.js'
import { Arena } from './arena.js'
import { type AnyBuffer, buffersOf, type Command, type Copied, isCopy, wholeOf } from './command.js'
import { Constants } from './constants.js'
import { livesOfBuffers, planMemory } from './plan.js'
import { isStandIn, type StandIn } from './stand-in.js'

/** Into how many submissions the commands are split, so that the GPU begins before all are encoded; and the least of each. */
const PIECES = 8
const SMALLEST_PIECE = 32

/** Bytes of the host's numbers above which they get a buffer of their own. */
const MOST_PACKED = 2 ** 20

type Encode = (encoder: GPUCommandEncoder) => void

interface Options {
  /** The memory of stand-ins that have some already. Other stand-ins get theirs here; real buffers need none. */
  own?: ReadonlyMap<AnyBuffer, GPUBuffer>
  /** Buffers that hold a copy of an argument when the commands begin. */
  inputs?: readonly GPUBuffer[]
  /** Buffers that are read after the commands. */
  results?: readonly AnyBuffer[]
}

/** Commands with their memory: what can be submitted, again and again. */
export class Prepared {
  readonly #device: GPUDevice
  readonly #commands: readonly Command[]
  readonly #groups: (GPUBindGroup | undefined)[]
  readonly #places = new Map<AnyBuffer, Place>()
  readonly #constants: Constants[]
  /** The uniforms that begin with a place of random words. */
  readonly drawn: Constants
  readonly #release: () => void

  constructor(
    device: GPUDevice,
    commands: readonly Command[],
    { own = new Map(), inputs = [], results = [] }: Options,
  ) {
    this.#device = device
    this.#commands = commands
    for (const [buffer, memory] of own) this.#place(buffer, memory)
    const { COPY_SRC, COPY_DST, STORAGE, UNIFORM } = GPUBufferUsage
    const given = constantsOf(commands, results).filter(standIn => !this.#places.has(standIn))
    const packed = (standIns: readonly StandIn[], usage: GPUBufferUsageFlags) =>
      new Constants(device, standIns, usage)
    const isUniform = ({ usage }: StandIn) => (usage & UNIFORM) !== 0
    // A dispatch can't read one part of a buffer and write another.
    const isAlone = ({ changes, size }: StandIn) => changes || size > MOST_PACKED
    const stored = given.filter(one => !isUniform(one))
    this.drawn = packed(
      given.filter(({ place }) => place),
      UNIFORM | COPY_DST,
    )
    this.#constants = [
      this.drawn,
      packed(
        given.filter(one => isUniform(one) && !one.place),
        UNIFORM,
      ),
      packed(
        stored.filter(one => !isAlone(one)),
        STORAGE | COPY_SRC,
      ),
      ...stored.filter(isAlone).map(one => packed([one], STORAGE | COPY_SRC)),
    ]
    for (const { places } of this.#constants)
      for (const [standIn, place] of places) this.#places.set(standIn, place)
    this.#release = this.#plan(inputs, results)
    this.#groups = this.#bind()
  }

  placeOf(buffer: AnyBuffer): Place {
    const known = this.#places.get(buffer)
    if (known) return known
    const whole = wholeOf(buffer)
    if (whole === buffer) return { buffer: buffer as GPUBuffer, offset: 0, size: buffer.size }
    const { offset, size } = placeOf(buffer as GPUBuffer)
    const memory = this.placeOf(whole)
    return { buffer: memory.buffer, offset: memory.offset + offset, size }
  }

  submit(first?: Encode, last?: Encode): void {
    const { queue } = this.#device
    const piece = Math.max(SMALLEST_PIECE, Math.ceil(this.#commands.length / PIECES))
    let encoder = this.#device.createCommandEncoder()
    let pass: GPUComputePassEncoder | undefined
    first?.(encoder)
    for (const [i, command] of this.#commands.entries()) {
      if (i > 0 && i % piece === 0) {
        pass?.end()
        queue.submit([encoder.finish()])
        encoder = this.#device.createCommandEncoder()
        pass = undefined
      }
      if (isCopy(command)) {
        pass?.end()
        pass = undefined
        this.#copy(encoder, command)
      } else {
        pass ??= encoder.beginComputePass()
        pass.setPipeline(command.pipeline)
        pass.setBindGroup(0, this.#groups[i]!)
        pass.dispatchWorkgroups(...command.workgroups)
      }
    }
    pass?.end()
    last?.(encoder)
    queue.submit([encoder.finish()])
  }

  dispose(): void {
    this.#release()
    for (const constants of this.#constants) constants.dispose()
  }

  #place(buffer: AnyBuffer, memory: GPUBuffer): void {
    this.#places.set(buffer, { buffer: memory, offset: 0, size: buffer.size })
  }

  #plan(inputs: readonly GPUBuffer[], results: readonly AnyBuffer[]): () => void {
    const lives = new Map(
      [...livesOfBuffers(this.#commands, inputs)].filter(([buffer]) => !this.#places.has(buffer)),
    )
    for (const result of results) {
      const life = lives.get(wholeOf(result))
      if (life) life.last = this.#commands.length
    }
    const slots = planMemory(lives)
    const { buffers, release } = Arena.of(this.#device).take(slots.map(({ bytes }) => bytes))
    for (const [i, { keys }] of slots.entries()) for (const key of keys) this.#place(key, buffers[i]!)
    return release
  }

  #bind(): (GPUBindGroup | undefined)[] {
    const layouts = new Map<GPUComputePipeline, GPUBindGroupLayout>()
    return this.#commands.map(command => {
      if (isCopy(command)) return undefined
      const { pipeline, bindings } = command
      const layout = layouts.get(pipeline) ?? pipeline.getBindGroupLayout(0)
      layouts.set(pipeline, layout)
      const entries = bindings.map(({ binding, buffer }) => ({ binding, resource: this.placeOf(buffer) }))
      return this.#device.createBindGroup({ layout, entries })
    })
  }

  #copy(encoder: GPUCommandEncoder, { fromOffset, toOffset, bytes, ...ends }: Copied): void {
    const [from, to] = [this.placeOf(ends.from), this.placeOf(ends.to)]
    encoder.copyBufferToBuffer(from.buffer, from.offset + fromOffset, to.buffer, to.offset + toOffset, bytes)
  }
}

/** The stand-ins that hold numbers of the host. */
function constantsOf(commands: readonly Command[], results: readonly AnyBuffer[]): StandIn[] {
  const all = new Set([...commands.flatMap(command => buffersOf(command)), ...results])
  return [...all].filter((buffer): buffer is StandIn => isStandIn(buffer) && buffer.bytes !== undefined)
}
