import type { Attr, Binding, TensorflowBackend, Value } from '../eager.js'
import { Graphs, type Step } from './graphs.js'
import { operations } from './operations.js'
import type { Call, Integers, Shaped, Source } from './trace.js'

/** Longer traces end here. */
const LONGEST = 8192
/** Numbers of small tensors from the host stay here until libtensorflow needs them. */
const SMALL = 64

type Numbers = Float32Array | Int32Array | Uint8Array

/** A tensor: in libtensorflow, on the host, or promised. */
interface Handle extends Value {
  /** libtensorflow's number for it. */
  real?: number | undefined
  /** Of a small tensor that the host made. */
  values?: Numbers
  disposed: boolean
  /** What the trace of this number knows it by. */
  trace: number
  source: number
}

/**
 * Runs TensorFlow's operations as graphs. What is called between two reads is a trace. One that comes again and again is
 * compiled: from then on its calls are only looked at, their outputs promised, and the whole is run as one graph when a
 * number is wanted. A call that is not as it was, and all before it, runs at once, so that results don't depend on any of
 * this, nor do their bits: the graph's nodes are the same kernels. What is saved is the calls' overhead and, since a graph
 * knows what is needed no more, most of the memory traffic; and independent nodes run side by side.
 */
export class Deferred {
  private readonly handles = new Map<number, Handle>()
  // Beyond libtensorflow's own numbers for tensors that were there before, and small enough for an engine's integers.
  private nextId = 2 ** 30
  readonly graphs: Graphs

  // The trace so far.
  private trace = 1
  private calls: Call[] = []
  /** What each call has. */
  private inputs: Handle[][] = []
  private made: Handle[] = []
  private outside: Handle[] = []
  /** Milliseconds in calls that ran at once. */
  private ms = 0
  /** Where in the tree these calls lead, if all of them were put off. */
  private at: Step | undefined

  constructor(private readonly raw: Binding) {
    this.graphs = new Graphs(raw)
  }

  /** The same binding with calls put off. */
  binding(): Binding {
    const { executeOp, createTensor, deleteTensor, tensorDataSync, runSavedModel } = this
    const ours = { executeOp, createTensor, deleteTensor, tensorDataSync, runSavedModel, deferred: this }
    // The addon's own properties can't be assigned to.
    const descriptors = Object.entries(ours).map(
      ([name, value]) => [name, { value, writable: true }] as const,
    )
    return Object.create(this.raw, Object.fromEntries(descriptors))
  }

  /** Run what was put off. */
  end(): void {
    try {
      const wanted = [...this.made.keys()].filter(i => !(this.made[i] as Handle).disposed)
      if (wanted.length > 0 && !this.runGraph(wanted)) {
        this.runCalls()
        this.graphs.consider({ calls: this.calls, wanted }, this.ms)
      }
    } finally {
      this.begin()
    }
  }

  private begin(): void {
    for (const handle of this.outside) if (handle.disposed) this.release(handle)
    this.trace++
    this.calls = []
    this.inputs = []
    this.made = []
    this.outside = []
    this.ms = 0
    const { root } = this.graphs
    this.at = root.next.length > 0 ? root : undefined
  }

  private readonly createTensor: Binding['createTensor'] = (shape, dtype, values) => {
    const small = values.length <= SMALL && this.isNumeric(dtype)
    return this.keep({
      shape: [...shape],
      dtype,
      ...(small ? { values: values.slice() } : { real: this.raw.createTensor(shape, dtype, values) }),
      disposed: false,
      trace: 0,
      source: 0,
    }).id
  }

  private readonly deleteTensor: Binding['deleteTensor'] = id => {
    const handle = this.handles.get(id)
    if (!handle) return this.raw.deleteTensor(id)
    this.handles.delete(id)
    handle.disposed = true
    const needed = this.at !== undefined && handle.trace === this.trace
    if (!needed) this.release(handle)
  }

  private readonly tensorDataSync: Binding['tensorDataSync'] = id => {
    const handle = this.handles.get(id)
    if (!handle) return this.raw.tensorDataSync(id)
    if (handle.values) return handle.values.slice()
    if (handle.trace === this.trace && handle.source >= 0) this.end()
    return this.raw.tensorDataSync(this.realOf(handle))
  }

  private readonly runSavedModel: Binding['runSavedModel'] = (id, inputs, inputNames, outputNames) => {
    this.end()
    return this.raw.runSavedModel(id, this.reals(inputs), inputNames, outputNames).map(this.adopt)
  }

  private readonly executeOp: Binding['executeOp'] = (name, attrs, ids, count) => {
    if (this.calls.length === LONGEST) this.end()
    const inputs = ids.map(id => this.handles.get(id))
    const call = this.callOf(name, attrs, inputs)
    if (!call) {
      this.end()
      return this.raw.executeOp(name, attrs, this.reals(ids), count).map(this.adopt)
    }
    const step = this.at?.follow(call, count)
    if (this.at && !step) this.runCalls()
    this.at = step
    const known = step?.call
    const made = known ? undefined : this.run(call, inputs as Handle[], count)
    const outputs = (made ?? known?.outputs) as readonly Shaped[]
    this.calls.push(known ?? { ...call, outputs })
    this.inputs.push(inputs as Handle[])
    return outputs.map((output, i) => this.promise(output, made?.[i]?.id))
  }

  /** The call as a part of the trace, or undefined if it can't be one. */
  private callOf(
    name: string,
    attrs: Attr[],
    inputs: readonly (Handle | undefined)[],
  ): Omit<Call, 'outputs'> | undefined {
    const operation = operations.get(name)
    if (!operation) return undefined
    const { shaping } = operation
    const shapes = (i: number) =>
      shaping.length > 0 && (shaping.includes(i) || shaping.includes(i - inputs.length))
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i]
      if (!input || !this.isNumeric(input.dtype)) return undefined
      if (shapes(i) && (input.dtype !== this.raw.TF_INT32 || !input.values)) return undefined
    }
    const sources: Source[] = []
    const arrivals: Shaped[] = []
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as Handle
      if (shapes(i)) {
        sources.push(input as Integers)
        continue
      }
      if (input.trace !== this.trace) {
        input.trace = this.trace
        this.outside.push(input)
        input.source = -this.outside.length
        arrivals.push(input)
      }
      sources.push(input.source)
    }
    return { name, attrs, sources, arrivals }
  }

  /** Run the calls that were put off, one by one. */
  private runCalls(): void {
    if (!this.at) return
    this.at = undefined
    const last = new Map<Handle, number>()
    for (const [i, inputs] of this.inputs.entries()) for (const input of inputs) last.set(input, i)
    let made = 0
    for (const [i, call] of this.calls.entries()) {
      const inputs = this.inputs[i] as Handle[]
      for (const { id } of this.run(call, inputs, call.outputs.length)) {
        const output = this.made[made++] as Handle
        output.real = id
        if (output.disposed && !last.has(output)) this.release(output)
      }
      for (const input of inputs) if (input.disposed && last.get(input) === i) this.release(input)
    }
  }

  private run({ name, attrs }: Pick<Call, 'name' | 'attrs'>, inputs: Handle[], count: number): Value[] {
    const start = performance.now()
    const reals = inputs.map(input => this.realOf(input))
    try {
      return this.raw.executeOp(name, attrs as Attr[], reals, count)
    } catch (error) {
      this.begin() // a trace has no calls that fail
      throw error
    } finally {
      this.ms += performance.now() - start
    }
  }

  /** Run the graph of these calls, if there is one. */
  private runGraph(wanted: readonly number[]): boolean {
    if (!this.at) return false
    const ids = this.graphs.run(this.at, wanted, () => this.outside.map(handle => this.realOf(handle)))
    for (const [i, id] of (ids ?? []).entries()) (this.made[wanted[i] as number] as Handle).real = id
    return ids !== undefined
  }

  private promise({ shape, dtype }: Shaped, real?: number): Handle {
    const source = this.made.length
    const handle = this.keep({ shape, dtype, real, disposed: false, trace: this.trace, source })
    this.made.push(handle)
    return handle
  }

  /** A tensor that came from elsewhere. */
  private readonly adopt = ({ id: real, shape, dtype }: Value): Handle =>
    this.keep({ shape, dtype, real, disposed: false, trace: 0, source: 0 })

  private keep(tensor: Omit<Handle, 'id'>): Handle {
    const handle: Handle = { id: this.nextId++, ...tensor }
    this.handles.set(handle.id, handle)
    return handle
  }

  private reals(ids: readonly number[]): number[] {
    return ids.map(id => {
      const handle = this.handles.get(id)
      return handle ? this.realOf(handle) : id
    })
  }

  private realOf(handle: Handle): number {
    if (handle.real === undefined && handle.values)
      handle.real = this.raw.createTensor([...handle.shape], handle.dtype, handle.values)
    return handle.real as number
  }

  private release(handle: Handle): void {
    if (handle.real !== undefined) this.raw.deleteTensor(handle.real)
    handle.real = undefined
  }

  private isNumeric(dtype: number): boolean {
    const { TF_FLOAT, TF_INT32, TF_BOOL } = this.raw
    return dtype === TF_FLOAT || dtype === TF_INT32 || dtype === TF_BOOL
  }
}

/** Let a backend put its calls off, if it doesn't yet and graphs work here. */
export function defer(backend: TensorflowBackend & { time?: unknown }): void {
  if (backend.isUsingGpuDevice || deferredOf(backend) || !graphsWork(backend.binding)) return
  const deferred = new Deferred(backend.binding)
  backend.binding = deferred.binding()
  backend.time = async (body: () => void) => {
    const start = performance.now()
    body()
    deferred.end()
    return { kernelMs: performance.now() - start }
  }
}

/** What puts off the calls of a backend, if anything does. */
export function deferredOf({ binding }: Pick<TensorflowBackend, 'binding'>): Deferred | undefined {
  return (binding as { deferred?: Deferred } | undefined)?.deferred
}

/** True where this libtensorflow takes our graphs, and they give what the calls give. */
function graphsWork(raw: Binding): boolean {
  const deferred = new Deferred(raw)
  deferred.graphs.patience = 0
  const binding = deferred.binding()
  const compute = () => {
    const x = binding.createTensor([2, 3], binding.TF_FLOAT, Float32Array.of(-3, -2, -1, 1, 2, 3))
    const axes = binding.createTensor([1], binding.TF_INT32, Int32Array.of(1))
    const ids = [x, axes]
    const run = (name: string, ...inputs: number[]) => {
      const [{ id }] = binding.executeOp(name, [], inputs, 1) as [Value]
      ids.push(id)
      return id
    }
    let y = x
    for (let i = 0; i < 8; i++) y = run('Sigmoid', run('Mul', y, x))
    const result = binding.tensorDataSync(run('Sum', y, axes))
    for (const id of ids) binding.deleteTensor(id)
    return String(result)
  }
  const expected = compute()
  const agrees = compute() === expected && compute() === expected && deferred.graphs.runs === 1
  deferred.graphs.dispose()
  return agrees
}
