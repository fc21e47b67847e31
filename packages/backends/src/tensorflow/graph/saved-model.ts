import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { encode, integer, integers, type Message, message, text } from '../../protobuf.js'
import type { Attr, AttrTypes, Shaped } from '../eager.js'
import { type Operation, operations } from './operations.js'
import type { Call, Integers, Source, Trace } from './trace.js'

/** The names of a saved model's inputs and outputs, separated by commas. */
export interface Endpoints {
  inputs: string
  outputs: string
}

/**
 * A trace as a TensorFlow SavedModel: one function, with the tensors from outside as arguments and the wanted outputs as
 * results. It runs the calls as they are: TensorFlow's rewriting of graphs is off, because a rewritten graph rounds
 * differently from the same calls run one by one.
 *
 * @see tensorflow/core/protobuf: saved_model, meta_graph, config, rewriter_config; tensorflow/core/framework: graph,
 *   function, op_def, node_def, attr_value, tensor: the field numbers
 */
export function savedModel(trace: Trace, types: AttrTypes): { bytes: Uint8Array } & Endpoints {
  const inputs = trace.calls.flatMap(({ arrivals }) => arrivals)
  const outputs = outputsOf(trace.calls)
  const results = trace.wanted.map(i => outputs[i]!)

  const call: Message = node => {
    text(node, 1, 'call')
    text(node, 2, 'PartitionedCall')
    for (const i of inputs.keys()) text(node, 3, `in${i}`)
    attr(node, 'Tin', value => typeList(value, inputs))
    attr(node, 'Tout', value => typeList(value, results))
    attr(node, 'f', value => message(value, 10, func => text(func, 1, 'body')))
    attr(node, 'config_proto', value => message(value, 2, withoutRewriting))
  }
  const graph: Message = def => {
    for (const [i, { dtype }] of inputs.entries())
      message(def, 1, node => {
        text(node, 1, `in${i}`)
        text(node, 2, 'Placeholder')
        attr(node, 'dtype', value => integer(value, 6, dtype))
      })
    message(def, 1, call)
    message(def, 2, library => message(library, 1, body => encodeBody(body, trace, inputs, outputs, types)))
    message(def, 4, versions => integer(versions, 1, PRODUCER))
  }
  const bytes = encode(model => {
    integer(model, 1, 1)
    message(model, 2, meta => {
      message(meta, 1, info => text(info, 4, TAG))
      message(meta, 2, graph)
    })
  })
  return {
    bytes,
    inputs: inputs.map((_, i) => `in${i}:0`).join(),
    outputs: results.map((_, i) => `call:${i}`).join(),
  }
}

/** The tag of the model's only graph; TensorFlow loads the graph by its tag. */
export const TAG = 'serve'

/** The version of TensorFlow's graph format used here: that of TensorFlow 2.9, the oldest one that tfjs-node installs. */
const PRODUCER = 1087

interface Output extends Shaped {
  /** The tensor's name in the inputs of other nodes. */
  name: string
}

function outputsOf(calls: readonly Call[]): Output[] {
  return calls.flatMap(({ name, outputs }, i) => {
    const { output } = operationOf(name)
    const place = (j: number) => (typeof output === 'string' ? `${output}:${j}` : `${output[j]}:0`)
    return outputs.map((shaped, j) => ({ ...shaped, name: `op${i}:${place(j)}` }))
  })
}

function encodeBody(
  body: BinaryWriter,
  { calls, wanted }: Trace,
  inputs: readonly Shaped[],
  outputs: readonly Output[],
  types: AttrTypes,
): void {
  message(body, 1, signature => {
    text(signature, 1, 'body')
    for (const [i, { dtype }] of inputs.entries()) argument(signature, 2, `in${i}`, dtype)
    for (const [i, index] of wanted.entries()) argument(signature, 3, `out${i}`, outputs[index]!.dtype)
  })
  const constants = new Map<string, string>()
  const nameOf = (source: Source): string => {
    if (typeof source === 'number') return source < 0 ? `in${-1 - source}` : outputs[source]!.name
    const key = `${source.shape}:${Array.from(source.values)}`
    const known = constants.get(key)
    if (known) return known
    const name = `integers${constants.size}`
    constants.set(key, `${name}:output:0`)
    message(body, 3, node => {
      text(node, 1, name)
      text(node, 2, 'Const')
      attr(node, 'dtype', value => integer(value, 6, INT32))
      attr(node, 'value', value => message(value, 8, tensor => encodeIntegers(tensor, source)))
    })
    return `${name}:output:0`
  }
  for (const [i, { name, attrs, sources }] of calls.entries()) {
    const names = sources.map(nameOf)
    const dtypes = sources.map(source => dtypeOf(source, inputs, outputs))
    message(body, 3, node => {
      text(node, 1, `op${i}`)
      text(node, 2, name)
      for (const input of names) text(node, 3, input)
      for (const given of attrs) attr(node, given.name, value => encodeAttr(value, given, types))
      for (const [type, input] of Object.entries(operationOf(name).types))
        if (!attrs.some(given => given.name === type))
          attr(node, type, value => integer(value, 6, dtypes.at(input) as number))
    })
  }
  // With these attributes TensorFlow neither inlines the function into the graph around it nor rewrites it with that graph.
  // It treats the functions of tf.data in the same way, because their caller decides how they run.
  for (const name of ['_noinline', '_tf_data_function'])
    message(body, 5, entry => mapEntry(entry, name, value => value.tag(5, WireType.Varint).bool(true)))
  for (const [i, index] of wanted.entries())
    message(body, 4, entry => {
      text(entry, 1, `out${i}`)
      text(entry, 2, outputs[index]!.name)
    })
}

const INT32 = 3

function operationOf(name: string): Operation {
  return operations.get(name)!
}

function dtypeOf(source: Source, inputs: readonly Shaped[], outputs: readonly Shaped[]): number {
  if (typeof source !== 'number') return INT32
  return ((source < 0 ? inputs[-1 - source] : outputs[source]) as Shaped).dtype
}

/** ConfigProto.graph_options.rewrite_options.disable_meta_optimizer */
const withoutRewriting: Message = config =>
  message(config, 10, graph => message(graph, 10, rewrite => rewrite.tag(19, WireType.Varint).bool(true)))

function encodeIntegers(tensor: BinaryWriter, { shape, values }: Integers): void {
  integer(tensor, 1, INT32)
  message(tensor, 2, sides => {
    for (const side of shape) message(sides, 2, axis => integer(axis, 1, side))
  })
  integers(tensor, 7, Array.from(values))
}

function encodeAttr(writer: BinaryWriter, { type, value }: Attr, types: AttrTypes): void {
  if (type === types.TF_ATTR_STRING) text(writer, 2, value as string)
  else if (type === types.TF_ATTR_BOOL) writer.tag(5, WireType.Varint).bool(value as boolean)
  else if (type === types.TF_ATTR_TYPE) integer(writer, 6, value as number)
  else if (type === types.TF_ATTR_FLOAT) writer.tag(4, WireType.Bit32).float(value as number)
  else if (Array.isArray(value)) message(writer, 1, list => integers(list, 3, value))
  else integer(writer, 3, value as number)
}

function typeList(value: BinaryWriter, tensors: readonly Shaped[]): void {
  message(value, 1, list =>
    integers(
      list,
      6,
      tensors.map(({ dtype }) => dtype),
    ),
  )
}

function argument(signature: BinaryWriter, field: number, name: string, dtype: number): void {
  message(signature, field, arg => {
    text(arg, 1, name)
    integer(arg, 3, dtype)
  })
}

/** An attribute of a node. */
function attr(node: BinaryWriter, name: string, value: Message): void {
  message(node, 5, entry => mapEntry(entry, name, value))
}

function mapEntry(entry: BinaryWriter, key: string, value: Message): void {
  text(entry, 1, key)
  message(entry, 2, value)
}
