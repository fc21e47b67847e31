import type * as tf from '@tensorflow/tfjs-core'

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

export type OnnxDtype = keyof typeof arrays
export type Numbers = Float32Array | Int32Array | Uint8Array

/** A tensor of a graph: a constant, or what an input or a node gives. */
export interface Value {
  readonly shape: number[]
  /** The shape, with -1 for the axis along the batch. */
  readonly dims: number[]
  readonly dtype: OnnxDtype
  readonly isConstant: boolean
  /** The numbers of a constant; undefined in the first of two runs for those that are not read yet. */
  readonly numbers?: Numbers | undefined
  /** Its name in the graph, once it has one. */
  pixels?: string
  /** The name of the same images [B,H,W,C] as planes [B,C,H,W], which ONNX's convolutions take. */
  planes?: string
  /** The name of the same filter [h,w,I,O] in ONNX's order [O,I,h,w]. */
  filter?: string
}

/** The inputs of a kernel that are given, by name or in a list. */
export type Inputs = Readonly<Record<string, Value>> | readonly Value[]
export type Attrs = Readonly<Record<string, unknown>>

/** The numbers of a constant; zeros in place of those that are not read yet, where only shapes matter. */
export function numbersOf({ shape, dtype, numbers }: Value): Numbers {
  return numbers ?? zeros(shape, dtype)
}

export const zeros = (shape: readonly number[], dtype: OnnxDtype): Numbers =>
  new arrays[dtype](shape.reduce((a, b) => a * b, 1))

/** Throw unless the graphs of this package have tensors of this type. */
export function checkDtype(dtype: tf.DataType): OnnxDtype {
  if (dtype in arrays) return dtype as OnnxDtype
  throw new TypeError(`backends.toOnnx: fn must use tensors of float32, int32 and bool, got ${dtype}.`)
}
