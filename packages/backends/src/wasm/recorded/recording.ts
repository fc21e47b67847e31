import * as tf from '@tensorflow/tfjs-core'
import { patch } from '../../compile/patch.js'
import type { WasmBackend } from '../backend.js'
import { type OursRan, type StockRan, setWatcher, type Value, type Watcher } from '../watcher.js'
import { type Argument, type Command, type Data, dataOf, type Origin, type View } from './program.js'

/** Kernels of tfjs that copy with JavaScript, and whose shapes and results depend on nothing else that the host reads. */
const COPYING = new Set(
  'Cast Concat Fill GatherV2 OnesLike Pack Range Slice SplitV StridedSlice Unpack ZerosLike'.split(' '),
)

/** Tensors have numbers from here on: no size of a tensor, and nothing else that tfjs's functions take, is so large. */
export const FIRST_ID = 2 ** 29

/** A kernel that runs. */
interface Running {
  name: string
  inputs: Record<string, View> | View[]
  made: Data[]
  /** How many commands there were before it. */
  start: number
  /** Whether it touched numbers with JavaScript. */
  copies: boolean
  /** Whether it called other kernels. */
  calls: boolean
}

/** What a function asks of the wasm backend between the constructor and `end`. All of it is done too. */
export class Recording implements Watcher {
  readonly #backend: WasmBackend
  readonly #data = new Map<object, Data>()
  readonly #running: Running[] = []
  readonly #restore: (() => void)[]
  readonly #variables: ReadonlyMap<object, tf.Variable>

  readonly commands: Command[] = []
  /** Why these commands can't be run again without the function; undefined if nothing forbids it. */
  obstacle: string | undefined

  /**
   * @param args       the tensors that are others in each run
   * @param variables  by what they hold when the recording begins
   */
  constructor(backend: WasmBackend, args: readonly tf.Tensor[], variables: ReadonlyMap<object, tf.Variable>) {
    this.#backend = backend
    this.#variables = variables
    for (const [index, arg] of args.entries())
      if (!this.#data.has(arg.dataId)) this.#add(arg, { kind: 'argument', index })
    const { write, makeOutput, read, readSync, typedArrayFromHeap } = backend
    const looksInto = <F extends (...given: never[]) => unknown>(func: F) =>
      ((...given: never[]) => {
        const kernel = this.#running.at(-1)
        if (kernel) kernel.copies = true
        else this.obstacle = "it reads a tensor's numbers"
        return func.apply(backend, given)
      }) as F
    this.#restore = [
      patch(backend, {
        read: looksInto(read),
        readSync: looksInto(readSync),
        typedArrayFromHeap: looksInto(typedArrayFromHeap),
        write: (values, shape, dtype) => {
          const dataId = write.call(backend, values, shape, dtype)
          this.#wrote(dataId, values, shape, dtype)
          return dataId
        },
        makeOutput: (shape, dtype, memoryOffset, values) => {
          if (memoryOffset !== undefined || values) this.obstacle = 'it computes on the host'
          return makeOutput.call(backend, shape, dtype, memoryOffset, values)
        },
      }),
      ...tf.getKernelsForBackend('wasm').map(config => {
        const { kernelName, kernelFunc } = config
        return patch(config as { kernelFunc: tf.KernelFunc }, {
          kernelFunc: args => this.#run(kernelName, kernelFunc, args),
        })
      }),
    ]
    setWatcher(backend, this)
  }

  end(): void {
    for (const restore of this.#restore.reverse()) restore()
    setWatcher(this.#backend, undefined)
  }

  /** A tensor's data. */
  dataOf(tensor: tf.TensorInfo): Data {
    const { dataId } = tensor
    const variable = this.#variables.get(dataId)
    const before: Origin = variable ? { kind: 'variable', variable } : { kind: 'before' }
    return this.#data.get(dataId) ?? this.#add(tensor, before)
  }

  /** What a tensor held before a variable was assigned another one; undefined if nothing used it. */
  known(dataId: object): Data | undefined {
    return this.#data.get(dataId)
  }

  /** What was made and still exists. */
  live(): Data[] {
    const isNew = ({ origin: { kind } }: Data) => kind === 'made' || kind === 'host'
    const exists = ({ dataId }: Data) => this.#backend.refCount(dataId) > 0
    return [...this.#data.values()].filter(data => isNew(data) && exists(data))
  }

  ours({ name, addresses, values, units, run }: OursRan): void {
    const args: Argument[] = []
    let at = 0
    for (const value of values) {
      if (typeof value === 'object') {
        args.push(value)
        at += 4
      } else args.push(this.#argument(value, addresses.includes(at++)))
    }
    this.commands.push({ name, args, units, run })
  }

  stock({ name, args, returns }: StockRan): void {
    if (returns) this.obstacle = `${name} allocates`
    const known = args.map(arg => (arg instanceof Uint8Array ? arg : this.#numbered(Number(arg))))
    this.commands.push({ name, args: known })
  }

  #argument(value: Exclude<Value, object>, isAddress: boolean): Argument {
    if (!isAddress || value === 0) return Number(value)
    const address = Number(value)
    const data = this.#find(
      ({ address: from, bytes }) => from <= address && address < from + Math.max(1, bytes),
    )
    if (!data) {
      this.obstacle = 'it uses memory that belongs to no tensor'
      return address
    }
    return { data, offset: address - data.address }
  }

  #numbered(value: number): Argument {
    const data = value >= FIRST_ID ? this.#find(({ id }) => id === value) : undefined
    return data ? { data, offset: undefined } : value
  }

  /** What a running kernel has, the latest first: the memory of what it freed may belong to what it made afterwards. */
  #find(fits: (data: Data) => boolean): Data | undefined {
    for (let i = this.#running.length - 1; i >= 0; i--) {
      const { made, inputs } = this.#running[i]!
      const views: View[] = Object.values(inputs)
      const found = made.findLast(fits) ?? views.map(({ data }) => data).find(fits)
      if (found) return found
    }
    return undefined
  }

  #run(name: string, kernel: tf.KernelFunc, args: Parameters<tf.KernelFunc>[0]): ReturnType<tf.KernelFunc> {
    const infos = args.inputs as unknown as Record<string, tf.TensorInfo | undefined>
    const views = Object.entries(infos).flatMap(([key, info]) =>
      info ? [[key, { data: this.dataOf(info), shape: info.shape }] as const] : [],
    )
    const inputs = Array.isArray(infos) ? views.map(([, view]) => view) : Object.fromEntries(views)
    const outer = this.#running.at(-1)
    if (outer) outer.calls = true
    const running = { name, inputs, made: [], start: this.commands.length, copies: false, calls: false }
    this.#running.push(running)
    try {
      return kernel(args)
    } finally {
      this.#running.pop()
      outer?.made.push(...running.made)
      if (running.copies) this.#copied(running, kernel, args.attrs ?? {})
      else if (this.#isUnseen(running)) this.obstacle = `${name} is not known`
    }
  }

  /** Instead of what a kernel of tfjs called, remember the kernel. */
  #copied({ name, inputs, made, start, calls }: Running, run: tf.KernelFunc, attrs: object): void {
    if (!COPYING.has(name) || calls) this.obstacle = `${name} computes on the host`
    this.commands.length = start
    this.commands.push({ name, inputs, made, attrs, run: run as never })
  }

  /** Whether a kernel made what no command computes: it calls WebAssembly functions that can't be seen here. */
  #isUnseen({ made, start }: Running): boolean {
    const seen = new Set(this.commands.slice(start).flatMap(dataOf))
    return made.some(data => data.bytes > 0 && data.origin.kind === 'made' && !seen.has(data))
  }

  #wrote(dataId: object, values: ArrayBufferView | null, shape: number[], dtype: tf.DataType): void {
    if (dtype === 'string') {
      this.obstacle = 'it uses strings'
      return
    }
    const origin: Origin = values
      ? { kind: 'host', values: new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice() }
      : { kind: 'made' }
    const data = this.#add({ dataId, shape, dtype }, origin)
    this.#running.at(-1)?.made.push(data)
  }

  #add({ dataId, shape, dtype }: Omit<tf.TensorInfo, 'dataId'> & { dataId: object }, origin: Origin): Data {
    const { id, memoryOffset: address } = this.#backend.dataIdMap.get(dataId)
    if (id < FIRST_ID) this.obstacle = 'it uses a tensor that was made before the backend was set up'
    const bytes = tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype)
    const data: Data = { dataId, shape, dtype, address, bytes, id, origin }
    this.#data.set(dataId, data)
    return data
  }
}
