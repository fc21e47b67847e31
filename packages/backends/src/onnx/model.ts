import type { Numbers, OnnxDtype } from './value.js'

/** An integer, a list of integers, a text or a float. */
export type Attribute = number | readonly number[] | string | { float: number }

export interface OnnxNode {
  op: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Readonly<Record<string, Attribute>>
}

/** A constant of the graph: its type in the file, its shape there, and its numbers. */
export interface OnnxTensor {
  name: string
  dtype: OnnxDtype | 'float16' | 'int64'
  shape: readonly number[]
  data: Numbers | Uint16Array | BigInt64Array
}

/** An input or an output: float32, with null for the length of the batch. */
export interface OnnxEndpoint {
  name: string
  shape: readonly (number | null)[]
}

/** An ONNX model before it is bytes. */
export interface OnnxModel {
  /** The version of ONNX's operations that the model uses. */
  opset: number
  /** The version of this package. */
  version: string
  /** Each node after those whose results it takes. */
  nodes: readonly OnnxNode[]
  tensors: readonly OnnxTensor[]
  inputs: readonly OnnxEndpoint[]
  outputs: readonly OnnxEndpoint[]
  /** Texts about the model by their keys. */
  metadata: Readonly<Record<string, string>>
}
