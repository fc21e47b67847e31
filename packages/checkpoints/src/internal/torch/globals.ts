import { numpyGlobals } from '../numpy/numpy-objects.js'
import { expectList } from '../pickle/expect.js'
import { describePy, PyGlobal, PyObject, type PyValue } from '../pickle/values.js'
import { UnreadRef } from '../tensor-ref.js'
import { rebuildParameter, rebuildTensor, rebuildTensor2, rebuildTensor3 } from './rebuild-tensor.js'

type Call = (args: PyValue[]) => PyValue

const toDict: Call = ([items]) => {
  if (items instanceof Map) return new Map(items)
  return new Map(expectList(items ?? []).map(item => expectList(item) as [PyValue, PyValue]))
}
const toList: Call = ([items]) => (items instanceof Set ? [...items] : [...expectList(items ?? [])])
const toSet: Call = ([items]) => new Set(expectList(items ?? []))

/** Stand-ins for the functions and classes whose results can hold tensors. */
const functions: Readonly<Record<string, Call>> = {
  ...numpyGlobals,
  'collections.OrderedDict': toDict,
  'collections.Counter': toDict,
  'collections.defaultdict': () => new Map(),
  'collections.deque': toList,
  'dnnlib.util.EasyDict': toDict,
  'builtins.dict': toDict,
  '__builtin__.dict': toDict,
  'builtins.list': toList,
  '__builtin__.list': toList,
  'builtins.tuple': toList,
  '__builtin__.tuple': toList,
  'builtins.set': toSet,
  '__builtin__.set': toSet,
  'builtins.frozenset': toSet,
  '__builtin__.frozenset': toSet,
  'builtins.bytes': toBytes,
  '__builtin__.bytes': toBytes,
  'builtins.bytearray': toBytes,
  '__builtin__.bytearray': toBytes,
  '_codecs.encode': toBytes,
  'torch.Size': toList,
  'torch.nn.parameter.Parameter': rebuildParameter,
  'torch.nn.parameter.Buffer': rebuildParameter,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor2,
  'torch._utils._rebuild_tensor_v3': rebuildTensor3,
  'torch._utils._rebuild_parameter': rebuildParameter,
  'torch._utils._rebuild_parameter_with_state': rebuildParameter,
  'torch._tensor._rebuild_from_type_v2': ([rebuild, , args]) => {
    if (!(rebuild instanceof PyGlobal)) throw new Error(describePy(rebuild))
    return rebuild.call(expectList(args))
  },
  'torch._dynamo.eval_frame.OptimizedModule': compiledModule,
  'torch.fx.graph_module.reduce_graph_module': ([attributes]) =>
    withState('torch.fx.GraphModule', attributes),
  'copyreg._reconstructor': reconstruct,
  'copy_reg._reconstructor': reconstruct,
}

/** PyTorch's functions that make tensors: sparse, quantised, nested ones. */
const OTHER_TENSORS = /^torch\._(?:utils|tensor)\._rebuild_\w+$/

/** The stand-in for a global that a file of weights names; `more` is searched first. undefined if there is none. */
export function weightsGlobal(name: string, more: Readonly<Record<string, Call>> = {}): PyGlobal | undefined {
  if (Object.hasOwn(more, name)) return new PyGlobal(name, more[name]!)
  if (Object.hasOwn(functions, name)) return new PyGlobal(name, functions[name]!)
  return OTHER_TENSORS.test(name) ? new PyGlobal(name, () => new UnreadRef(name)) : undefined
}

/** Bytes of bytes, of text (protocol 2 writes bytes as Latin-1 text and a call) or of nothing. */
function toBytes([content]: PyValue[]): Uint8Array {
  if (content instanceof Uint8Array) return content
  if (typeof content === 'string') return Uint8Array.from(content, character => character.charCodeAt(0))
  if (content === undefined || Array.isArray(content)) return Uint8Array.from((content ?? []).map(Number))
  throw new Error(describePy(content))
}

/** What torch.compile makes of a module; newer versions make it of the module, and older ones set its attributes. */
function compiledModule([module]: PyValue[]): PyValue {
  const object = new PyObject('torch._dynamo.eval_frame.OptimizedModule')
  if (module !== undefined) object.items = new Map([['_orig_mod', module]])
  return object
}

function withState(className: string, state: PyValue = null): PyValue {
  const object = new PyObject(className)
  object.state = state
  return object
}

/** An instance of a class of Python 2, or of one that extends list or dict: (class, base, its content). */
function reconstruct([target, , content = null]: PyValue[]): PyValue {
  if (!(target instanceof PyGlobal)) throw new Error(describePy(target))
  const object = target.call(content === null ? [] : [content])
  if (!(object instanceof PyObject)) return object
  if (content instanceof Map) object.items = content
  if (Array.isArray(content)) object.list = content
  return object
}
