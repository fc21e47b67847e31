import type { WordPlace } from '@rectified-flow/core'
import { patch } from '../../compile/patch.js'
import { type WebgpuBackend, wordsOf } from '../backend.js'
import { type AnyBuffer, type Command, wholeOf } from './command.js'
import { recordedGroup, recordingEncoder } from './recording-encoder.js'
import { isStandIn, standIn } from './stand-in.js'

const TENSOR_USAGE = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST

const active = new WeakMap<WebgpuBackend, Recording>()

/** The recording that the backend's commands go to now. */
export const recordingOf = (backend: WebgpuBackend): Recording | undefined => active.get(backend)

/**
 * Everything that the backend asks of the GPU between the constructor and `end`. None of it is done: buffers of new tensors
 * are stand-ins, and commands are a list.
 */
export class Recording {
  readonly #backend: WebgpuBackend
  readonly #args: ReadonlySet<object>
  readonly #restore: (() => void)[]
  readonly #made = new WeakSet<object>()
  /** The tensor of each stand-in, and of each region of one. */
  readonly #owners = new Map<AnyBuffer, object>()
  readonly #released: GPUBuffer[] = []
  readonly #afterwards: (() => void)[] = []

  readonly commands: Command[] = []
  /** Tensors from before the recording that its commands use, by their buffers. */
  readonly external = new Map<GPUBuffer, object>()
  /** Tensors from before that its kernels write in place. */
  readonly written = new Set<object>()
  /** Why these commands can't be run again without the function; undefined if nothing forbids it. */
  obstacle: string | undefined
  ended = false

  /**
   * @param args    the tensors that are others in each run
   * @param onRead  called before a tensor's numbers are read, which the recorded commands may have to compute first
   */
  constructor(backend: WebgpuBackend, args: ReadonlySet<object>, onRead: () => void) {
    backend.endComputePassEncoder()
    if (backend.commandEncoder) backend.submitQueue()
    this.#backend = backend
    this.#args = args
    const { device, uploadToGPU, write, read, readSync, bufferManager } = backend
    const writeBuffer = device.queue.writeBuffer.bind(device.queue)
    const reading = (dataId: object) => {
      if (backend.tensorMap.get(dataId).values) return
      this.obstacle = "it reads a tensor's numbers"
      onRead()
    }
    this.#restore = [
      patch(device, {
        createBindGroup: ({ entries }) => recordedGroup(entries),
        createCommandEncoder: () => recordingEncoder(this.commands),
      }),
      patch(device.queue, {
        writeBuffer: (buffer: GPUBuffer, _: number, data: object) => this.#fill(buffer, data as ArrayBuffer),
        submit: () => undefined,
      }),
      patch(backend, {
        bufferManager: {
          acquireBuffer: (bytes, usage, mapped) => standIn(bytes, usage, mapped) as unknown as GPUBuffer,
          releaseBuffer: buffer => {
            if (!isStandIn(wholeOf(buffer))) this.#released.push(buffer)
          },
        },
        write: (...args) => {
          const dataId = write.apply(backend, args)
          this.#made.add(dataId)
          return dataId
        },
        uploadToGPU: dataId =>
          this.#made.has(dataId)
            ? this.#give(dataId, () => uploadToGPU.call(backend, dataId))
            : this.#uploadNow(dataId, words => {
                const buffer = bufferManager.acquireBuffer(words.byteLength, TENSOR_USAGE())
                writeBuffer(buffer, 0, words)
                return buffer
              }),
        read: dataId => {
          reading(dataId)
          return read.call(backend, dataId)
        },
        readSync: dataId => {
          reading(dataId)
          return readSync.call(backend, dataId)
        },
      }),
    ]
    active.set(backend, this)
  }

  /** Stop recording. The backend then works as before, but the tensors of `live` have no memory. */
  end(): void {
    this.#settle()
    for (const restore of this.#restore.reverse()) restore()
    active.delete(this.#backend)
    this.ended = true
  }

  /** The stand-ins and regions of tensors that still exist, with the tensors. */
  live(): Map<AnyBuffer, object> {
    if (!this.ended) this.#settle()
    const { tensorMap } = this.#backend
    return new Map(
      [...this.#owners].filter(
        ([buffer, dataId]) => tensorMap.has(dataId) && tensorMap.get(dataId).resource === (buffer as object),
      ),
    )
  }

  /** Free the buffers from before that the function freed, and do what was put off. Call it when the commands were submitted. */
  release(): void {
    for (const buffer of this.#released) this.#backend.bufferManager.releaseBuffer(buffer)
    for (const action of this.#afterwards) action()
  }

  /** Put an action off until the commands were submitted. */
  afterwards(action: () => void): void {
    this.#afterwards.push(action)
  }

  /** Whether the tensor was made since the recording began. */
  isNew(dataId: object): boolean {
    return this.#made.has(dataId)
  }

  /** Whether the tensor is another one in each run. */
  isArgument(dataId: object): boolean {
    return this.#args.has(dataId)
  }

  /** Uniforms of one dispatch. With a place, they begin with its four words. */
  uniforms(words: Uint32Array<ArrayBuffer>, place?: WordPlace): GPUBuffer {
    const made = standIn(words.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST)
    made.bytes = words.slice().buffer
    if (place) made.place = place
    return made as unknown as GPUBuffer
  }

  /** A kernel writes this tensor in place. */
  writes(dataId: object): void {
    if (!this.#made.has(dataId)) this.written.add(dataId)
    const buffer = this.#backend.tensorMap.get(dataId).resource as AnyBuffer
    if (!isStandIn(buffer) || !buffer.bytes) return
    buffer.changes = true
    this.obstacle = 'it changes numbers of the host in place'
  }

  /** Nothing is submitted here, but tfjs frees what it kept for the commands so far. */
  #settle(): void {
    this.#backend.endComputePassEncoder()
    if (this.#backend.commandEncoder) this.#backend.submitQueue()
  }

  #give(dataId: object, upload: () => void): void {
    upload()
    const { resource } = this.#backend.tensorMap.get(dataId)
    if (resource && isStandIn(wholeOf(resource))) this.#owners.set(resource, dataId)
  }

  /** A tensor from before the recording goes to the GPU at once, since it exists without these commands. */
  #uploadNow(dataId: object, upload: (words: ReturnType<typeof wordsOf>) => GPUBuffer): void {
    const data = this.#backend.tensorMap.get(dataId)
    if (!data.resource) {
      data.resource = upload(wordsOf(data.values!))
      data.values = null
    }
    this.external.set(data.resource, dataId)
  }

  #fill(buffer: GPUBuffer, data: ArrayBuffer | ArrayBufferView): undefined {
    const made = buffer as AnyBuffer
    if (!isStandIn(made)) throw new Error('backends.compile: a buffer from before the recording was written.')
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data)
    made.bytes = bytes.slice().buffer
  }
}
