import { WireType } from '@bufbuild/protobuf/wire'
import { bytes, encode, integer, type Message, message, text } from '../protobuf.js'
import type { Attribute, OnnxEndpoint, OnnxModel, OnnxNode, OnnxTensor } from './model.js'
import { types } from './types.js'

/** The version of the file format: that of ONNX 1.12, which brought opset 17. */
const IR_VERSION = 8

/** The most bytes that a protobuf message may have. */
const MOST_BYTES = 2 ** 31 - 1

/** Below so many bytes a constant stays in the model's own file: it may decide a shape, which readers want at once. */
const SMALL = 1024

/** Writes where a tensor's numbers are. */
type Placed = (tensor: OnnxTensor) => Message

/**
 * The bytes of a model's file, with its weights.
 *
 * @throws RangeError above 2 GB, which the format doesn't allow: `encodeOnnxApart` has no such limit
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const size = onnxBytes(model)
  if (size > MOST_BYTES)
    throw new RangeError(
      `backends.encodeOnnx: model must have weights of at most ${MOST_BYTES} bytes, got ${size}. encodeOnnxApart puts them in a second file.`,
    )
  return encodeModel(model, inside)
}

/**
 * The bytes of a model's file and of a second file with its weights. Both must be in one folder.
 *
 * @param name  of the second file
 * @returns     `data`: the parts of the second file, in their order
 */
export function encodeOnnxApart(model: OnnxModel, name: string): { model: Uint8Array; data: Uint8Array[] } {
  const data: Uint8Array[] = []
  let offset = 0
  const apart: Placed = tensor => writer => {
    const part = bytesOf(tensor)
    if (part.length < SMALL) return inside(tensor)(writer)
    for (const [key, value] of Object.entries({ location: name, offset, length: part.length }))
      message(writer, 13, pair(key, String(value)))
    integer(writer, 14, 1) // TensorProto.EXTERNAL
    data.push(part)
    offset += part.length
  }
  return { model: encodeModel(model, apart), data }
}

/** How many bytes a model's weights have. */
export function onnxBytes({ tensors }: OnnxModel): number {
  return tensors.reduce((sum, { data }) => sum + data.byteLength, 0)
}

const bytesOf = ({ data }: OnnxTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const inside: Placed = tensor => writer => bytes(writer, 9, bytesOf(tensor))

/** @see onnx/onnx.proto of ONNX 1.12: the field numbers */
function encodeModel({ opset, version, metadata, ...graph }: OnnxModel, placed: Placed): Uint8Array {
  return encode(writer => {
    integer(writer, 1, IR_VERSION)
    text(writer, 2, 'rectified-flow')
    text(writer, 3, version)
    message(writer, 7, graphMessage(graph, placed))
    message(writer, 8, set => {
      text(set, 1, '')
      integer(set, 2, opset)
    })
    for (const [key, value] of Object.entries(metadata)) message(writer, 14, pair(key, value))
  })
}

type Parts = Pick<OnnxModel, 'nodes' | 'tensors' | 'inputs' | 'outputs'>

function graphMessage({ nodes, tensors, inputs, outputs }: Parts, placed: Placed): Message {
  return writer => {
    for (const node of nodes) message(writer, 1, nodeMessage(node))
    text(writer, 2, 'main')
    for (const tensor of tensors)
      message(writer, 5, one => {
        for (const side of tensor.shape) integer(one, 1, side)
        integer(one, 2, types[tensor.dtype])
        text(one, 8, tensor.name)
        placed(tensor)(one)
      })
    for (const input of inputs) message(writer, 11, endpointMessage(input))
    for (const output of outputs) message(writer, 12, endpointMessage(output))
  }
}

function nodeMessage({ op, inputs, outputs, attributes }: OnnxNode): Message {
  return writer => {
    for (const input of inputs) text(writer, 1, input)
    for (const output of outputs) text(writer, 2, output)
    text(writer, 3, outputs[0]!)
    text(writer, 4, op)
    for (const [name, value] of Object.entries(attributes))
      message(writer, 5, attribute => {
        text(attribute, 1, name)
        attributeMessage(value)(attribute)
      })
  }
}

/** A value and its type (AttributeProto.AttributeType). */
function attributeMessage(value: Attribute): Message {
  return writer => {
    if (typeof value === 'string') text(writer, 4, value)
    else if (typeof value === 'number') integer(writer, 3, value)
    else if ('float' in value) writer.tag(2, WireType.Bit32).float(value.float)
    else for (const one of value) integer(writer, 8, one)
    integer(
      writer,
      20,
      typeof value === 'string' ? 3 : typeof value === 'number' ? 2 : 'float' in value ? 1 : 7,
    )
  }
}

function endpointMessage({ name, shape }: OnnxEndpoint): Message {
  return writer => {
    text(writer, 1, name)
    message(writer, 2, type =>
      message(type, 1, tensor => {
        integer(tensor, 1, types.float32)
        message(tensor, 2, sides => {
          for (const side of shape)
            message(sides, 1, one => (side === null ? text(one, 2, 'batch') : integer(one, 1, side)))
        })
      }),
    )
  }
}

const pair =
  (key: string, value: string): Message =>
  writer => {
    text(writer, 1, key)
    text(writer, 2, value)
  }
