import { oneRow, permuted } from './constant.js'
import type { OnnxNode } from './model.js'
import { Tensors } from './tensors.js'
import type { Numbers, OnnxDtype, Value } from './value.js'

/** The shapes of all values of the same function at another batch size: where they differ is the batch's axis. */
export interface Survey {
  batch: number
  shapes: readonly (readonly number[])[]
}

const TO_PLANES = [0, 3, 1, 2]
const TO_PIXELS = [0, 2, 3, 1]

/**
 * An ONNX graph that grows. A kernel makes nodes with `run`, which returns the name of the output, and values under such names.
 * Without a survey this is the first of two runs, which only finds shapes: it doesn't know the numbers of the weights.
 */
export class Graph {
  readonly nodes: OnnxNode[] = []
  readonly shapes: number[][] = []
  readonly tensors: Tensors
  #outputs = 0
  #batchName: string | undefined

  /** @param from  the name of an input whose first axis is the batch */
  constructor(
    readonly batch: number,
    readonly from: string,
    half: boolean,
    readonly survey: Survey | undefined,
  ) {
    this.tensors = new Tensors(half)
  }

  /** A node of one output. */
  run(op: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    return this.runAll(op, inputs, 1, attributes)[0]!
  }

  runAll(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: OnnxNode['attributes'] = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => `${op}_${this.#outputs++}`)
    this.nodes.push({ op, inputs, outputs, attributes })
    return outputs
  }

  /** What nodes have computed, under its name or that of its planes. */
  value(shape: readonly number[], dtype: OnnxDtype, name: string | { planes: string }): Value {
    const names = typeof name === 'string' ? { pixels: name } : name
    return { shape: [...shape], dims: this.#dimsOf(shape), dtype, isConstant: false, ...names }
  }

  constant(shape: readonly number[], dtype: OnnxDtype, numbers?: Numbers): Value {
    return { shape: [...shape], dims: this.#dimsOf(shape), dtype, isConstant: true, numbers }
  }

  /** The name of a value. A constant has one row for the whole batch, which broadcasts. */
  pixels(value: Value): string {
    value.pixels ??= value.isConstant
      ? this.#keep(value, [...value.shape.keys()])
      : this.run('Transpose', [value.planes!], { perm: TO_PIXELS })
    return value.pixels
  }

  /** The name of images [B,H,W,C] as planes [B,C,H,W]; for a value of fewer axes, of what broadcasts to them. */
  planes(value: Value): string {
    if (value.shape.every(side => side === 1)) return this.pixels(value)
    value.planes ??= value.isConstant
      ? this.#keep(value, TO_PLANES)
      : this.run('Transpose', [this.#wide(value)], { perm: TO_PLANES })
    return value.planes
  }

  /** The name of a filter with its axes in ONNX's order. */
  filter(value: Value, perm: readonly number[]): string {
    value.filter ??= value.isConstant
      ? this.#keep(value, perm)
      : this.run('Transpose', [this.pixels(value)], { perm })
    return value.filter
  }

  /** The name of a value with all its rows, for operations that don't broadcast. */
  whole(value: Value): string {
    const name = this.pixels(value)
    return value.isConstant && value.dims.includes(-1) ? this.expanded(name, value) : name
  }

  /** Broadcast to the shape of a value. */
  expanded(name: string, { shape, dims }: Pick<Value, 'shape' | 'dims'>): string {
    if (dims.some((side, i) => side === -1 && shape[i] !== this.batch))
      throw new RangeError(
        `backends.toOnnx: fn must repeat a constant once for each sample, got [${shape}] for ${this.batch} samples.`,
      )
    this.#batchName ??= this.run('Shape', [this.from], { start: 0, end: 1 })
    const parts = dims.map(side => (side === -1 ? this.#batchName! : this.tensors.integers([side])))
    return this.run('Expand', [name, this.run('Concat', parts, { axis: 0 })])
  }

  reshaped(name: string, dims: readonly number[]): string {
    return this.run('Reshape', [name, this.tensors.integers(dims)])
  }

  #wide(value: Value): string {
    const missing = 4 - value.dims.length
    const name = this.pixels(value)
    return missing > 0 ? this.reshaped(name, [...Array<number>(missing).fill(1), ...value.dims]) : name
  }

  /** Keep a constant with its axes in another order, of which it may lack the first. */
  #keep(value: Value, perm: readonly number[]): string {
    if (!this.survey) return 'not read yet'
    const { shape, numbers } = oneRow(value)
    const wide = [...Array<number>(perm.length - shape.length).fill(1), ...shape]
    const isMoved = perm.some((axis, i) => axis !== i)
    const moved = isMoved ? permuted(wide, numbers, perm) : { shape: wide, numbers }
    return this.tensors.keep(moved.shape, value.dtype, moved.numbers)
  }

  /** The shape with -1 for its batch axis, which is where the other run's shape differs. */
  #dimsOf(shape: readonly number[]): number[] {
    const index = this.shapes.push([...shape]) - 1
    if (!this.survey) return [...shape]
    const other = this.survey.shapes[index]
    const same = (side: number, axis: number) => side === other![axis]
    const grown = (side: number, axis: number) => side * this.survey!.batch === other![axis]! * this.batch
    if (other?.length !== shape.length || !shape.every((side, i) => same(side, i) || grown(side, i)))
      throw new RangeError(
        `backends.toOnnx: fn must make the same calls for batches of any size, got a tensor [${other}] and then [${shape}].`,
      )
    const dims = shape.map((side, i) => (same(side, i) ? side : -1))
    if (dims.filter(side => side === -1).length > 1)
      throw new RangeError(`backends.toOnnx: fn must use tensors of one batch axis, got [${shape}].`)
    return dims
  }
}
