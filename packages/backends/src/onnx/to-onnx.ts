import {
  checkFunction,
  checkInt,
  checkKind,
  checkOneOf,
  checkOptions,
  checkTensor,
  describe,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { version } from '../version.js'
import { Graph, type Survey } from './graph.js'
import type { OnnxModel } from './model.js'
import { neededBy } from './needed.js'
import { Recorder } from './recorder.js'
import { BACKEND, onnxKernels, registerOnnxKernels } from './register.js'
import { types } from './types.js'
import type { Numbers, Value } from './value.js'

/** The version of ONNX's operations that the graphs use. */
export const OPSET = 17

/** Shapes of the inputs by name. The first axis is the batch, of any length. */
export type OnnxShapes = Readonly<Record<string, readonly ['B', ...number[]]>>

export interface ToOnnxOptions {
  /** The type of weights and computation; inputs and outputs are float32 in any case. F32 by default. */
  dtype?: 'F32' | 'F16'
  /** Texts to keep in the model, by their keys. */
  metadata?: Readonly<Record<string, string>>
}

const toOnnxNames: OptionNames<ToOnnxOptions> = { dtype: 'optional', metadata: 'optional' }

const WHERE = 'backends.toOnnx'

/** Two batch sizes, which no other side of a tensor can have in the same ratio by chance: see Graph. */
const SURVEYED = 3
const EXPORTED = 2

/**
 * A function of tensors as an ONNX model, for batches of any size. The function runs twice on a backend that computes nothing
 * and records the calls of its operations, so whatever it is composed of comes along: a network, a sampler, guidance. What
 * depends on no input, such as a time's embedding, is computed here in float32, and is a constant of the model.
 *
 *     const model = await toOnnx(
 *       ({ noise }) => ({ images: sample(edmVelocity(net), noise).x }),
 *       { noise: ['B', 28, 28, 1] },
 *     )
 *     await writeFile('digits.onnx', encodeOnnx(model))
 *
 * @param fn      takes tensors by the names of `inputs`, float32 [B,...], and returns tensors by name; it must treat each sample
 *                alike, draw no random numbers and read no tensor's numbers
 * @param inputs  the shape of each input
 * @throws TypeError for an operation that can't be exported, RangeError if the calls depend on the batch's size
 */
export async function toOnnx<Shapes extends OnnxShapes>(
  fn: (inputs: { [Name in keyof Shapes]: tf.Tensor }) => Readonly<Record<string, tf.Tensor>>,
  inputs: Shapes,
  options: ToOnnxOptions = {},
): Promise<OnnxModel> {
  checkOptions(WHERE, options, toOnnxNames)
  checkFunction(WHERE, 'fn', fn)
  checkShapes(inputs)
  const { dtype = 'F32', metadata = {} } = options
  checkOneOf(WHERE, 'dtype', dtype, ['F32', 'F16'])
  await registerOnnxKernels()

  const half = dtype === 'F16'
  const body = fn as (inputs: Record<string, tf.Tensor>) => Readonly<Record<string, tf.Tensor>>
  const first = record(body, inputs, SURVEYED, { half })
  const numbers = new Map<tf.DataId, Numbers>()
  for (const [id, tensor] of first.recorder.outside) numbers.set(id, (await tensor.data()) as Numbers)
  const survey = { batch: SURVEYED, shapes: first.graph.shapes }
  const { graph, outputs } = record(body, inputs, EXPORTED, { half, survey, numbers })

  for (const [name, value] of outputs) {
    const result = graph.whole(value)
    graph.nodes.push({
      ...(half ? { op: 'Cast', attributes: { to: types.float32 } } : { op: 'Identity', attributes: {} }),
      inputs: [result],
      outputs: [name],
    })
  }
  return {
    opset: OPSET,
    version,
    inputs: Object.entries(inputs).map(([name, [, ...rest]]) => ({ name, shape: [null, ...rest] })),
    outputs: outputs.map(([name, { dims }]) => ({ name, shape: dims.map(side => (side < 0 ? null : side)) })),
    ...neededBy(
      outputs.map(([name]) => name),
      graph,
    ),
    metadata,
  }
}

interface Recorded {
  graph: Graph
  recorder: Recorder
  outputs: [name: string, value: Value][]
}

/** Run the function once on the recording backend. This is synchronous, so no other code runs on that backend. */
function record(
  fn: (inputs: Record<string, tf.Tensor>) => Readonly<Record<string, tf.Tensor>>,
  inputs: OnnxShapes,
  batch: number,
  { half, survey, numbers }: { half: boolean; survey?: Survey; numbers?: ReadonlyMap<tf.DataId, Numbers> },
): Recorded {
  const graph = new Graph(batch, Object.keys(inputs)[0]!, half, survey)
  const recorder = new Recorder(graph, onnxKernels, numbers)
  const before = tf.getBackend()
  tf.registerBackend(BACKEND, () => recorder)
  // Both calls act before they return; their promises are for backends that start asynchronously.
  void tf.setBackend(BACKEND)
  try {
    const outputs: Recorded['outputs'] = []
    tf.tidy(() => {
      const given = Object.entries(inputs).map(([name, [, ...rest]]) => {
        const input = half ? graph.run('Cast', [name], { to: types.float16 }) : name
        const info = recorder.info(graph.value([batch, ...rest], 'float32', input))
        return [name, tf.engine().makeTensorFromTensorInfo(info)] as const
      })
      const results = fn(Object.fromEntries(given))
      checkResults(results, inputs)
      for (const [name, tensor] of Object.entries(results)) outputs.push([name, recorder.valueFor(tensor)])
    })
    return { graph, recorder, outputs }
  } finally {
    if (before) void tf.setBackend(before)
    tf.removeBackend(BACKEND)
  }
}

function checkShapes(inputs: OnnxShapes): void {
  checkKind(WHERE, 'inputs', inputs, "shapes by name, such as { noise: ['B', 28, 28, 1] }", [])
  if (Object.keys(inputs).length === 0)
    throw new RangeError(`${WHERE}: inputs must have at least one shape, got none.`)
  for (const [name, shape] of Object.entries(inputs)) {
    if (!Array.isArray(shape) || shape[0] !== 'B')
      throw new TypeError(
        `${WHERE}: inputs.${name} must be a shape that begins with 'B', got ${describe(shape)}.`,
      )
    for (const [axis, side] of (shape.slice(1) as number[]).entries())
      checkInt(WHERE, `inputs.${name}[${axis + 1}]`, side, 1)
  }
}

function checkResults(results: unknown, inputs: OnnxShapes): void {
  if (results instanceof Promise)
    throw new TypeError(`${WHERE}: fn must return tensors by name, got a promise.`)
  checkKind(WHERE, 'fn(inputs)', results, 'tensors by name', [])
  for (const [name, value] of Object.entries(results as object)) {
    checkTensor(WHERE, `fn(inputs).${name}`, value, ['...'])
    if (name in inputs)
      throw new RangeError(
        `${WHERE}: fn(inputs) must have other names than the inputs, got ${describe(name)}.`,
      )
  }
}
