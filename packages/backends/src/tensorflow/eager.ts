import type * as tf from '@tensorflow/tfjs-core'

/** The shape and dtype of a tensor, without its numbers. */
export interface Shaped {
  readonly shape: number[]
  readonly dtype: number
}

/** A tensor inside of libtensorflow, by its number there. */
export interface Value extends Shaped {
  readonly id: number
}

/** The results of a kernel, by name or as a list. */
export type Values = Readonly<Record<string, Value>> | readonly Value[]

/** A run of a kernel. All that decides its calls of TensorFlow's operations, except constants of its own. */
export interface KernelRun {
  /** Makes the calls; the same function in every run. */
  body: unknown
  /** The kernel's attributes and the names of its inputs, as text. */
  key: string
  /** The ids of its inputs. */
  inputs: readonly number[]
}

/** An attribute of an operation, in the binding's form. */
export interface Attr {
  name: string
  type: number
  value: unknown
}

/** The binding's numbers for the types of attributes. */
export interface AttrTypes {
  TF_ATTR_BOOL: number
  TF_ATTR_FLOAT: number
  TF_ATTR_INT: number
  TF_ATTR_STRING: number
  TF_ATTR_TYPE: number
}

/** The part of tfjs-node's addon that this package uses. */
export interface Binding extends AttrTypes {
  TF_FLOAT: number
  TF_INT32: number
  TF_BOOL: number
  executeOp(name: string, attrs: Attr[], inputs: number[], outputs: number): Value[]
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array | Uint8Array): number
  deleteTensor(id: number): void
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(id: number): void
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): Value[]
  /** Run a kernel by `make`; a graph's binding need not, if it knows the calls that this run makes. */
  runKernel?<V extends Values>(run: KernelRun, make: () => V): V
}

/** The part of tfjs-node's backend that this package uses. */
export interface TensorflowBackend {
  isUsingGpuDevice: boolean
  binding: Binding
  getInputTensorIds(tensors: tf.TensorInfo[]): number[]
  createOutputTensor(value: Value): tf.Tensor
}

/** Attributes of a TensorFlow operation, without its types, which follow from the inputs. A bare number is an integer. */
export type Attrs = Record<string, boolean | string | number | number[] | { float: number }>

/** How many constants a backend keeps: many more than one kernel uses. */
const CONSTANTS = 1024

const constants = new WeakMap<TensorflowBackend, Map<string, Value>>()

/**
 * Runs TensorFlow's operations at once. A call costs a third of a call through tfjs: results are not tfjs tensors, so tfjs
 * neither records nor tracks them. `evaluate` frees the results.
 */
export class Eager {
  readonly #made = new Set<number>()

  constructor(readonly backend: TensorflowBackend) {}

  /** The value of a tfjs tensor. The caller still owns the tensor. */
  of(tensor: tf.TensorInfo): Value {
    const [id] = this.backend.getInputTensorIds([tensor]) as [number]
    return { id, shape: tensor.shape, dtype: this.backend.binding.TF_FLOAT }
  }

  run(name: string, inputs: readonly Value[], attrs: Attrs = {}): Value {
    return this.runAll(name, inputs, attrs, 1)[0]!
  }

  /** Run an operation with several outputs. */
  runAll(name: string, inputs: readonly Value[], attrs: Attrs, outputs: number): Value[] {
    const given: Attr[] = []
    for (const key in attrs) given.push(this.#attr(key, attrs[key]!))
    return this.#execute(name, inputs, given, outputs)
  }

  /** Values of one shape side by side along a new axis. An operation on a list can't find out its type by itself. */
  pack(values: readonly Value[], axis = 0): Value {
    const { TF_ATTR_INT, TF_ATTR_TYPE, TF_FLOAT } = this.backend.binding
    const attrs = [
      { name: 'N', type: TF_ATTR_INT, value: values.length },
      { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
      { name: 'axis', type: TF_ATTR_INT, value: axis },
    ]
    return this.#execute('Pack', values, attrs, 1)[0]!
  }

  number(value: number): Value {
    return this.constant(`number ${value}`, [], () => Float32Array.of(value))
  }

  integers(values: readonly number[]): Value {
    return this.constant(`integers ${values}`, [values.length], () => Int32Array.from(values))
  }

  /** Integers that differ from call to call. */
  words(values: readonly number[]): Value {
    const value = this.#create([values.length], Int32Array.from(values))
    this.#made.add(value.id)
    return value
  }

  /** A constant of this backend, made at the first use of the key, and again if many other constants were made since. */
  constant(key: string, shape: number[], make: () => Float32Array | Int32Array): Value {
    const kept = constants.get(this.backend) ?? new Map<string, Value>()
    if (kept.size === 0) constants.set(this.backend, kept)
    const known = kept.get(key)
    if (known) return known
    const value = this.#create(shape, make())
    kept.set(key, value)
    if (kept.size > CONSTANTS) {
      const [[oldest, { id }]] = kept as unknown as [[string, Value]]
      kept.delete(oldest)
      this.backend.binding.deleteTensor(id)
    }
    return value
  }

  add = (a: Value, b: Value): Value => this.run('AddV2', [a, b])
  sub = (a: Value, b: Value): Value => this.run('Sub', [a, b])
  mul = (a: Value, b: Value): Value => this.run('Mul', [a, b])
  div = (a: Value, b: Value): Value => this.run('RealDiv', [a, b])

  reshape(x: Value, shape: readonly number[]): Value {
    return this.run('Reshape', [x, this.integers(shape)])
  }

  sum(x: Value, axes: number[], keepDims = false): Value {
    return this.run('Sum', [x, this.integers(axes)], { keep_dims: keepDims })
  }

  mean(x: Value, axes: number[], keepDims = false): Value {
    return this.run('Mean', [x, this.integers(axes)], { keep_dims: keepDims })
  }

  /** Free results early, so that the next result can use memory that is still in the processor's cache. */
  free(...values: Value[]): void {
    for (const { id } of values) if (this.#made.delete(id)) this.backend.binding.deleteTensor(id)
  }

  /** Turn a result into a tfjs tensor, which then owns it. */
  give(value: Value): tf.Tensor {
    this.#made.delete(value.id)
    return this.backend.createOutputTensor(value)
  }

  dispose(): void {
    for (const id of this.#made) this.backend.binding.deleteTensor(id)
    this.#made.clear()
  }

  #create(shape: number[], values: Float32Array | Int32Array): Value {
    const { binding } = this.backend
    const dtype = values instanceof Float32Array ? binding.TF_FLOAT : binding.TF_INT32
    return { id: binding.createTensor(shape, dtype, values), shape, dtype }
  }

  #execute(name: string, inputs: readonly Value[], attrs: Attr[], outputs: number): Value[] {
    const ids = inputs.map(({ id }) => id)
    const results = this.backend.binding.executeOp(name, attrs, ids, outputs)
    for (const { id } of results) this.#made.add(id)
    return results
  }

  #attr(name: string, value: Attrs[string]): Attr {
    const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_STRING, TF_ATTR_INT } = this.backend.binding
    if (typeof value === 'object' && 'float' in value)
      return { name, type: TF_ATTR_FLOAT, value: value.float }
    if (typeof value === 'boolean') return { name, type: TF_ATTR_BOOL, value }
    return { name, type: typeof value === 'string' ? TF_ATTR_STRING : TF_ATTR_INT, value }
  }
}

/** Run operations and return their results as tfjs tensors; everything else that they made is freed. */
export function evaluate<V extends Values>(
  backend: TensorflowBackend,
  body: (ops: Eager) => V,
  run?: KernelRun,
): { [Name in keyof V]: tf.Tensor } {
  const ops = new Eager(backend)
  const make = () => body(ops)
  try {
    const values: Values = run && backend.binding.runKernel ? backend.binding.runKernel(run, make) : make()
    const tensors = isList(values)
      ? values.map(value => ops.give(value))
      : mapValues(values, value => ops.give(value))
    return tensors as { [Name in keyof V]: tf.Tensor }
  } finally {
    ops.dispose()
  }
}

const isList = (values: Values): values is readonly Value[] => Array.isArray(values)

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
