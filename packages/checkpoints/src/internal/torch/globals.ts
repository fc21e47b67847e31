import { type HostDtype, hostArrays, sizeOf } from '../../host-tensor.js'
import { decodeNumbers } from '../../read-npy.js'
import { npyCodes } from '../npy-header.js'
import { describePy, PyGlobal, PyObject, type PyValue } from '../pickle/values.js'
import { StorageRef, TensorRef, torchDtype } from './tensor-ref.js'

type Call = (args: PyValue[]) => PyValue

/** Stand-ins for the functions and classes that a file of weights may name. */
const functions: Readonly<Record<string, Call | undefined>> = {
  'collections.OrderedDict': ([items]) => toDict(items),
  'collections.defaultdict': () => new Map(),
  'dnnlib.util.EasyDict': ([items]) => toDict(items),
  '__builtin__.dict': ([items]) => toDict(items),
  'builtins.dict': ([items]) => toDict(items),
  '__builtin__.set': ([items]) => new Set(toList(items)),
  'builtins.set': ([items]) => new Set(toList(items)),
  '_codecs.encode': ([text]) => encodeLatin1(text),
  'torch.Size': ([sizes]) => toList(sizes),
  'torch.device': ([type]) => String(type),
  'torch.Tensor': undefined,
  'torch.nn.parameter.Parameter': ([tensor]) => expectTensor(tensor),
  'torch._utils._rebuild_tensor': args => rebuildTensor(args),
  'torch._utils._rebuild_tensor_v2': args => rebuildTensor(args),
  'torch._utils._rebuild_tensor_v3': args => rebuildTensor(args, args[6]),
  'torch._utils._rebuild_parameter': ([tensor]) => expectTensor(tensor),
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => expectTensor(tensor),
  'torch._tensor._rebuild_from_type_v2': ([rebuild, , args]) => {
    if (!(rebuild instanceof PyGlobal && rebuild.call)) throw new Error(describePy(rebuild))
    return rebuild.call(toList(args))
  },
  'copyreg._reconstructor': ([target]) => {
    if (!(target instanceof PyGlobal && target.call)) throw new Error(describePy(target))
    return target.call([])
  },
  'builtins.object': undefined,
  '__builtin__.object': undefined,
  'numpy.dtype': ([code]) => new NumpyDtype(String(code)),
  'numpy.ndarray': undefined,
  'numpy.core.multiarray.scalar': ([dtype, bytes]) => numpyScalar(dtype, bytes),
  'numpy._core.multiarray.scalar': ([dtype, bytes]) => numpyScalar(dtype, bytes),
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy._core.multiarray._reconstruct': () => new NumpyArray(),
}

/** The classes of PyTorch's modules. Of an instance, only the attributes are kept. */
const MODULES = /^torch\.nn\.modules\.[\w.]+$/

/** The stand-in for a global that a file of weights names; `more` is searched first. undefined if there is none. */
export function weightsGlobal(name: string, more: Readonly<Record<string, Call>> = {}): PyGlobal | undefined {
  if (Object.hasOwn(more, name)) return new PyGlobal(name, more[name])
  if (Object.hasOwn(functions, name)) return new PyGlobal(name, functions[name])
  if (MODULES.test(name)) return new PyGlobal(name, () => new PyObject(name))
  return torchDtype(name) && new PyGlobal(name, undefined)
}

/** The storage that a persistent id names: ('storage', class, key, place, length). Old files add a view of the storage. */
export function storageOf(id: PyValue): StorageRef {
  const [kind, type, key, , length, view] = toList(id)
  const dtype = type instanceof PyGlobal ? torchDtype(type.name) : undefined
  if (kind !== 'storage' || !dtype || typeof key !== 'string') throw new Error(describePy(type ?? kind))
  if (!Array.isArray(view)) return new StorageRef(key, dtype, toSize(length))
  const [, offset, size] = view
  return new StorageRef(key, dtype, toSize(size), toSize(offset) * hostArrays[dtype].BYTES_PER_ELEMENT)
}

function rebuildTensor([storage, offset, size, stride]: PyValue[], type?: PyValue): TensorRef {
  if (!(storage instanceof StorageRef)) throw new Error(describePy(storage))
  const dtype = type instanceof PyGlobal ? torchDtype(type.name) : storage.dtype
  if (!dtype) throw new Error(describePy(type))
  const [sizes, steps] = [toList(size), toList(stride)]
  if (sizes.length !== steps.length || sizes.length > 64)
    throw new Error(`${sizes.length} sizes and ${steps.length} strides`)
  const ref = new TensorRef(storage, toSize(offset), sizes.map(toSize), steps.map(toSize), dtype)
  const { shape, strides } = ref
  const limit =
    (storage.length * hostArrays[storage.dtype].BYTES_PER_ELEMENT) / hostArrays[dtype].BYTES_PER_ELEMENT
  if (!(ref.reach <= limit && Number.isSafeInteger(ref.byteLength)))
    throw new Error(`shape [${shape}] with strides [${strides}] at ${offset} of ${limit} numbers`)
  return ref
}

function expectTensor(value: PyValue | undefined): PyValue {
  if (value instanceof TensorRef) return value
  throw new Error(describePy(value))
}

function toList(value: PyValue | undefined): PyValue[] {
  if (Array.isArray(value)) return value
  throw new Error(describePy(value))
}

function toDict(items: PyValue | undefined): Map<PyValue, PyValue> {
  if (items instanceof Map) return items
  return new Map(toList(items ?? []).map(item => toList(item) as [PyValue, PyValue]))
}

function toSize(value: PyValue | undefined): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new Error(describePy(value))
}

/** Protocol 2 has no bytes: it writes them as text and a call of this function. */
function encodeLatin1(text: PyValue | undefined): Uint8Array {
  if (typeof text !== 'string') throw new Error(describePy(text))
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

/** A NumPy dtype; its state says the byte order. */
class NumpyDtype extends PyObject {
  readonly #code: string

  constructor(code: string) {
    super('numpy.dtype')
    this.#code = code
  }

  read(bytes: PyValue | undefined, shape: number[], fortran: boolean) {
    const dtype = (Object.keys(npyCodes) as HostDtype[]).find(name => npyCodes[name] === this.#code)
    const order = Array.isArray(this.state) ? this.state[1] : '<'
    if (!dtype || !(bytes instanceof Uint8Array)) throw new Error(`${this.#code} of ${describePy(bytes)}`)
    const dataBytes = sizeOf(shape) * hostArrays[dtype].BYTES_PER_ELEMENT
    if (dataBytes !== bytes.length) throw new Error(`${bytes.length} bytes for ${dtype} [${shape}]`)
    return decodeNumbers({ dtype, shape, fortran, bigEndian: order === '>', dataStart: 0, dataBytes }, bytes)
  }
}

/** A NumPy array; its state is (version, shape, dtype, columns first, bytes). */
export class NumpyArray extends PyObject {
  constructor() {
    super('numpy.ndarray')
  }

  read() {
    const [, shape, dtype, fortran, bytes] = toList(this.state)
    if (!(dtype instanceof NumpyDtype)) throw new Error(describePy(dtype))
    return dtype.read(bytes, toList(shape).map(toSize), fortran === true)
  }
}

function numpyScalar(dtype: PyValue | undefined, bytes: PyValue | undefined): PyValue {
  if (!(dtype instanceof NumpyDtype)) throw new Error(describePy(dtype))
  return dtype.read(bytes, [], false).data[0]!
}
