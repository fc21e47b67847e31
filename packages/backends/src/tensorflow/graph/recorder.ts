import type { Attr, Binding, Value } from '../eager.js'
import type { Handle, Handles } from './handles.js'
import { operations } from './operations.js'
import {
  type Call,
  differenceOfCalls,
  every,
  type Integers,
  type Shaped,
  type Source,
  sameCall,
  sameNumber,
  type Trace,
} from './trace.js'

/** The most calls of a trace; a longer function stays calls. */
const LONGEST = 32768

/**
 * One run of a function: its calls of TensorFlow's operations. Without a trace to follow, the calls run at once. With a
 * trace, each call is compared with it; as long as they agree, the call is deferred and its outputs are promised. At the
 * first difference, the deferred calls run one by one, and every later call runs at once.
 */
export class Recorder {
  readonly #raw: Binding
  readonly #handles: Handles

  /** Why this run can't run as a graph. */
  difference: string | undefined
  /** Milliseconds that the calls that ran at once took. */
  ms = 0
  readonly #calls: Call[] = []
  /** The inputs of each call. */
  readonly #inputs: Handle[][] = []
  readonly #made: Handle[] = []
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
    const expected = this.#following?.calls[this.#calls.length]
    if (typeof call === 'string') this.differ(call)
    else if (this.#following && !(expected && sameCall(expected, call, count)))
      this.differ(differenceOfCalls(this.#calls.length, expected, call))
    else if (this.#calls.length === LONGEST) this.differ(`it makes more than ${LONGEST} calls`)
    else {
      const made = expected ? undefined : this.#runFirst(call, inputs as Handle[], count)
      const outputs = (expected?.outputs ?? made) as readonly Shaped[]
      this.#calls.push(
        expected ?? { ...call, outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })) },
      )
      this.#inputs.push(inputs as Handle[])
      return outputs.map((output, i) => this.#give(output, made?.[i]?.id))
    }
    return this.#runUnseen(name, attrs, ids, count)
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
    const wanted = [...this.#made.keys()].filter(i => !this.#made[i]!.disposed)
    return { calls: this.#calls, wanted }
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
    const next = followed.calls[this.#calls.length]
    if (next) this.differ(differenceOfCalls(this.#calls.length, next, undefined))
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

  /** Run the deferred calls, one by one. */
  #catchUp(): void {
    if (!this.#following) return
    this.#following = undefined
    const last = new Map<Handle, number>()
    for (const [i, inputs] of this.#inputs.entries()) for (const input of inputs) last.set(input, i)
    let made = 0
    for (const [i, call] of this.#calls.entries()) {
      const inputs = this.#inputs[i]!
      for (const { id } of this.#run(call, inputs, call.outputs.length)) {
        const output = this.#made[made++]!
        output.real = id
        if (output.disposed && !last.has(output)) this.#handles.release(output)
      }
      for (const input of inputs) if (input.disposed && last.get(input) === i) this.#handles.release(input)
    }
    this.#releaseOutside()
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
