import * as tf from '@tensorflow/tfjs-core'
import type { Graph } from './graph.js'
import type { OnnxKernel } from './kernel.js'
import { isOnCpu, onCpu } from './on-cpu.js'
import { type Attrs, checkDtype, type Inputs, type Numbers, type Value } from './value.js'

/** The kernels of tfjs that return a list. */
const lists = new Set(['SplitV', 'Unpack'])

/** A tfjs backend that computes nothing: each kernel becomes nodes of a graph. What depends on no input is computed at once. */
export class Recorder extends tf.KernelBackend {
  /** Tensors of other backends that the function has used, such as weights. */
  readonly outside = new Map<tf.DataId, tf.Tensor>()
  readonly #values = new Map<tf.DataId, Value>()
  readonly #folded = new Map<string, Value | Value[]>()
  readonly #numbers: ReadonlyMap<tf.DataId, Numbers>
  readonly #ids = new Map<Value, number>()

  /** @param numbers  those of the tensors of other backends, where they are read */
  constructor(
    readonly graph: Graph,
    readonly kernels: ReadonlyMap<string, OnnxKernel<Inputs>>,
    numbers: ReadonlyMap<tf.DataId, Numbers> = new Map(),
  ) {
    super()
    this.#numbers = numbers
  }

  /** Run a kernel. The backend's kernels in tfjs's registry all lead here. */
  kernel(
    name: string,
    inputs: tf.NamedTensorInfoMap | tf.TensorInfo[],
    attrs: Attrs,
  ): tf.TensorInfo | tf.TensorInfo[] {
    const outputs = this.#outputsOf(name, this.#valuesOf(inputs), attrs)
    return Array.isArray(outputs) ? outputs.map(value => this.info(value)) : this.info(outputs)
  }

  #outputsOf(name: string, inputs: Inputs, attrs: Attrs): Value | Value[] {
    const isConstant = Object.values<Value>(inputs).every(value => value.isConstant)
    if (isConstant && isOnCpu(name)) return this.#fold(name, inputs, attrs)
    const kernel = this.kernels.get(name)
    if (kernel) return kernel(this.graph, inputs, attrs)
    throw new TypeError(
      `backends.toOnnx: fn must use operations that ONNX graphs can have here, got ${name}. They are listed in backends/src/onnx/kernels/index.ts.`,
    )
  }

  /** A value as a tensor of this backend. */
  info(value: Value): tf.TensorInfo {
    const dataId = {}
    this.#values.set(dataId, value)
    return { dataId, shape: value.shape, dtype: value.dtype }
  }

  valueFor(info: tf.TensorInfo): Value {
    const known = this.#values.get(info.dataId)
    if (known) return known
    this.outside.set(info.dataId, info as tf.Tensor)
    const value = this.graph.constant(info.shape, checkDtype(info.dtype), this.#numbers.get(info.dataId))
    this.#values.set(info.dataId, value)
    return value
  }

  #valuesOf(inputs: tf.NamedTensorInfoMap | tf.TensorInfo[]): Inputs {
    if (Array.isArray(inputs)) return inputs.map(info => this.valueFor(info))
    const given = Object.entries(inputs).filter(([, info]) => info != null)
    return Object.fromEntries(given.map(([name, info]) => [name, this.valueFor(info as tf.TensorInfo)]))
  }

  /** What a kernel makes of constants. Each step of a sampler makes the same calls on the same weights: they are made once. */
  #fold(name: string, inputs: Inputs, attrs: Attrs): Value | Value[] {
    const ids = Object.entries<Value>(inputs).map(([key, value]) => [key, this.#idOf(value)])
    const key = JSON.stringify([name, ids, attrs])
    const known = this.#folded.get(key)
    if (known) return known
    const constants = onCpu(name, inputs, attrs).map(({ shape, dtype, numbers }) =>
      this.graph.constant(shape, dtype, numbers),
    )
    const made = lists.has(name) ? constants : constants[0]!
    this.#folded.set(key, made)
    return made
  }

  #idOf(value: Value): number {
    const id = this.#ids.get(value) ?? this.#ids.size
    this.#ids.set(value, id)
    return id
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const numbers = (values as Numbers).slice()
    return this.info(this.graph.constant(shape, checkDtype(dtype), numbers)).dataId
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const value = this.#values.get(dataId)
    if (value?.isConstant && value.numbers) return value.numbers
    throw new TypeError('backends.toOnnx: fn must not read the numbers of tensors, got a call that reads.')
  }

  override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId)
  }

  override numDataIds(): number {
    return this.#values.size - this.outside.size
  }

  override disposeData(): boolean {
    return true
  }

  override refCount(): number {
    return 1
  }

  override incRef(): void {}

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override timerAvailable(): boolean {
    return false
  }

  override dispose(): void {}
}
