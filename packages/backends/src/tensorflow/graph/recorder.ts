import type { Attr, Binding, KernelRun, Shaped, Value, Values } from '../eager.js'
import type { Handle, Handles } from './handles.js'
import { type KernelCalls, makesSameCalls } from './kernel-calls.js'
import { operations } from './operations.js'
import {
  type Call,
  differenceOfCalls,
  every,
  type Integers,
  type Source,
  sameCall,
  sameNumber,
  type Trace,
} from './trace.js'

/** The most calls of a trace; a longer function stays calls. */
const LONGEST = 32768

/**
 * One run of a function: its calls of TensorFlow's operations. Without a trace to follow, the calls run at once. With a
 * trace, each call is compared with it; as long as they agree, the call is deferred and its outputs are promised. A kernel whose
 * inputs agree need not make its calls. At the first difference, the deferred calls run one by one, and every later call runs
 * at once.
 */
export class Recorder {
  readonly #raw: Binding
  readonly #handles: Handles

  /** Why this run can't run as a graph. */
  difference: string | undefined
  /** Milliseconds that the calls that ran at once took. */
  ms = 0
  /** How many calls were recorded or deferred. */
  #count = 0
  readonly #calls: Call[] = []
  readonly #kernels = new Map<number, KernelCalls>()
  /** The outputs of all calls; undefined for one inside of a kernel that made no calls. */
  readonly #made: (Handle | undefined)[] = []
  readonly #outside: Handle[] = []
  readonly #sources = new Map<Handle, number>()
  #following: Trace | undefined

  constructor(raw: Binding, handles: Handles, follow?: Trace) {
    this.#raw = raw
    this.#handles = handles
    this.#following = follow
  }

  call(name: string, attrs: Attr[], ids: readonly number[], count: number): Value[] {
    if (this.difference !== undefined) return this.#runUnseen(name, attrs, ids, count)
    const inputs = ids.map(id => this.#handles.get(id))
    const call = this.#callOf(name, attrs, inputs)
    const expected = this.#following?.calls[this.#count]
    if (typeof call === 'string') this.differ(call)
    else if (this.#following && !(expected && sameCall(expected, call, count)))
      this.differ(differenceOfCalls(this.#count, expected, call))
    else if (this.#count === LONGEST) this.differ(`it makes more than ${LONGEST} calls`)
    else {
      const made = expected ? undefined : this.#runFirst(call, inputs as Handle[], count)
      const outputs = (expected?.outputs ?? made) as readonly Shaped[]
      this.#count++
      if (!expected)
        this.#calls.push({ ...call, outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })) })
      return outputs.map((output, i) => this.#give(output, made?.[i]?.id))
    }
    return this.#runUnseen(name, attrs, ids, count)
  }

  /** Run a kernel, or promise its results if it would make the calls that the followed trace has here. */
  kernel<V extends Values>(run: KernelRun, make: () => V): V {
    if (this.difference !== undefined) return make()
    const handles = run.inputs.map(id => this.#handles.get(id))
    if (handles.includes(undefined)) return make()
    const inputs = handles as Handle[]
    const known = this.#following?.kernels.get(this.#count)
    if (known && makesSameCalls(known, run, inputs) && this.#arrive(known, inputs))
      return this.#promise(known) as V
    const before = { count: this.#count, made: this.#made.length, outside: this.#outside.length }
    const results = make()
    if (this.difference === undefined && !this.#following) {
      const sources = inputs.map(input => this.#sources.get(input))
      this.#kernels.set(before.count, {
        body: run.body,
        key: run.key,
        inputs: inputs.map(({ shape, dtype }, i) => ({ shape, dtype, source: sources[i] })),
        arrivals: this.#outside.slice(before.outside).map(handle => {
          const i = inputs.indexOf(handle)
          return i < 0 ? handle : i
        }),
        calls: this.#count - before.count,
        outputs: this.#made.length - before.made,
        results,
        places: Object.values(results).map(
          ({ id }) => this.#sources.get(this.#handles.get(id)!)! - before.made,
        ),
      })
    }
    return results
  }

  /** This run can't run as a graph: run the deferred calls now, and each later call at once. */
  differ(why: string): void {
    this.difference ??= why
    this.#catchUp()
  }

  /** Whether a deferred call needs the tensor, though tfjs has disposed of it. */
  needs(handle: Handle): boolean {
    return this.#following !== undefined && this.#sources.has(handle)
  }

  /** The recorded calls, and which of their outputs tfjs has not disposed of. */
  trace(): Trace {
    const wanted = [...this.#made.keys()].filter(i => this.#made[i]?.disposed === false)
    return { calls: this.#calls, wanted, kernels: this.#kernels }
  }

  /**
   * End a run that followed a trace: compute the wanted outputs as a graph.
   *
   * @param run  runs the graph on these inputs; returns libtensorflow's numbers of the wanted outputs
   */
  finish(run: (inputs: number[]) => number[]): void {
    const followed = this.#following
    if (!followed) return
    const { wanted } = this.trace()
    const next = followed.calls[this.#count]
    if (next) this.differ(differenceOfCalls(this.#count, next, undefined))
    else if (!every(wanted, followed.wanted, sameNumber))
      this.differ('it keeps different tensors in different runs')
    else this.#compute(wanted, run)
  }

  #compute(wanted: readonly number[], run: (inputs: number[]) => number[]): void {
    try {
      const reals = run(this.#outside.map(handle => this.#handles.realOf(handle)))
      for (const [i, real] of reals.entries()) this.#made[wanted[i]!]!.real = real
      this.#following = undefined
      this.#releaseOutside()
    } catch (error) {
      this.differ(`its graph failed: ${(error as Error).message}`)
    }
  }

  /** The call as a part of a trace, or the reason why it can't be one. */
  #callOf(
    name: string,
    attrs: Attr[],
    inputs: readonly (Handle | undefined)[],
  ): Omit<Call, 'outputs'> | string {
    const operation = operations.get(name)
    if (!operation) return `${name} can't be a part of a graph`
    const { shaping } = operation
    const shapes = (i: number) =>
      shaping.length > 0 && (shaping.includes(i) || shaping.includes(i - inputs.length))
    const sources: Source[] = []
    const arrivals: Shaped[] = []
    for (const [i, input] of inputs.entries()) {
      if (!input || !this.#handles.isNumeric(input.dtype))
        return `${name} takes a tensor that can't be an input of a graph`
      if (shapes(i)) {
        if (input.dtype !== this.#raw.TF_INT32 || !input.values)
          return `the shape of ${name}'s output depends on computed numbers`
        sources.push(input as Integers)
        continue
      }
      let source = this.#sources.get(input)
      if (source === undefined) {
        this.#outside.push(input)
        source = -this.#outside.length
        this.#sources.set(input, source)
        arrivals.push({ shape: input.shape, dtype: input.dtype })
      }
      sources.push(source)
    }
    return { name, attrs, sources, arrivals }
  }

  /** True if a kernel's inputs come from where they came from in the trace; then those from outside count as used. */
  #arrive({ inputs: known, arrivals }: KernelCalls, inputs: readonly Handle[]): boolean {
    const arriving = new Map<Handle, number>()
    for (const [i, arrival] of arrivals.entries())
      arriving.set(typeof arrival === 'number' ? inputs[arrival]! : arrival, -1 - this.#outside.length - i)
    const agrees =
      arriving.size === arrivals.length &&
      [...arriving.keys()].every(handle => !handle.disposed && !this.#sources.has(handle)) &&
      known.every(
        ({ source }, i) =>
          source === undefined || source === (this.#sources.get(inputs[i]!) ?? arriving.get(inputs[i]!)),
      )
    if (agrees)
      for (const [handle, source] of arriving) {
        this.#outside.push(handle)
        this.#sources.set(handle, source)
      }
    return agrees
  }

  /** Defer the calls of a kernel. */
  #promise({ calls, outputs, results, places }: KernelCalls): Values {
    this.#count += calls
    const first = this.#made.length
    this.#made.length += outputs
    const promised = Object.entries(results).map(([name, result]: [string, Value], i) => {
      const handle = this.#handles.promise(result)
      const place = first + places[i]!
      this.#made[place] = handle
      this.#sources.set(handle, place)
      return [name, handle] as const
    })
    return Array.isArray(results) ? promised.map(([, handle]) => handle) : Object.fromEntries(promised)
  }

  /** Run the deferred calls, one by one. */
  #catchUp(): void {
    const calls = this.#following?.calls.slice(0, this.#count)
    if (!calls) return
    this.#following = undefined
    let place = 0
    for (const { outputs } of calls)
      for (const output of outputs) this.#made[place++] ??= { ...output, id: -1, disposed: true }
    const inputs = calls.map(({ sources }) => sources.map(source => this.#handleOf(source)))
    const last = new Map<Handle, number>()
    for (const [i, handles] of inputs.entries()) for (const input of handles) last.set(input, i)
    let made = 0
    for (const [i, call] of calls.entries()) {
      for (const { id } of this.#run(call, inputs[i]!, call.outputs.length)) {
        const output = this.#made[made++]!
        output.real = id
        if (output.disposed && !last.has(output)) this.#handles.release(output)
      }
      for (const input of inputs[i]!)
        if (input.disposed && last.get(input) === i) this.#handles.release(input)
    }
    this.#releaseOutside()
  }

  #handleOf(source: Source): Handle {
    if (typeof source !== 'number') {
      const { shape, dtype, values } = source as Handle // not its `real`, which is another tensor's to free
      return { id: -1, shape, dtype, values, disposed: true }
    }
    return source < 0 ? this.#outside[-1 - source]! : this.#made[source]!
  }

  #runFirst(call: Pick<Call, 'name' | 'attrs'>, inputs: Handle[], count: number): Value[] {
    try {
      return this.#run(call, inputs, count)
    } catch (error) {
      this.differ(`${call.name} failed: ${(error as Error).message}`) // a call that fails can't be a part of a trace
      throw error
    }
  }

  #run({ name, attrs }: Pick<Call, 'name' | 'attrs'>, inputs: Handle[], count: number): Value[] {
    const start = performance.now()
    try {
      const reals = inputs.map(input => this.#handles.realOf(input))
      return this.#raw.executeOp(name, attrs as Attr[], reals, count)
    } finally {
      this.ms += performance.now() - start
    }
  }

  #runUnseen(name: string, attrs: Attr[], ids: readonly number[], count: number): Value[] {
    return this.#raw.executeOp(name, attrs, this.#handles.reals(ids), count).map(this.#handles.adopt)
  }

  #give(output: Shaped, real: number | undefined): Handle {
    const handle =
      real === undefined ? this.#handles.promise(output) : this.#handles.adopt({ ...output, id: real })
    this.#sources.set(handle, this.#made.length)
    this.#made.push(handle)
    return handle
  }

  #releaseOutside(): void {
    for (const handle of this.#outside) if (handle.disposed) this.#handles.release(handle)
  }
}
