import { hostArrays, MAX_AXES, sizeOf } from '../../host-tensor.js'
import { expectList, expectSize } from '../pickle/expect.js'
import { describePy, PyGlobal, type PyValue } from '../pickle/values.js'
import { StorageRef, TensorRef, UnreadRef } from '../tensor-ref.js'
import { isHostDtype, storageType, torchDtype } from './torch-dtypes.js'

/**
 * What a persistent id names: ('storage', class, key, place, length), where old files add a view of the storage, or in the
 * legacy format ('module', class, file, source).
 */
export function persistentOf(id: PyValue): PyValue {
  const [kind, type] = expectList(id)
  return kind === 'module' && type instanceof PyGlobal ? type : storageOf(id)
}

function storageOf(id: PyValue): StorageRef {
  const [kind, type, key, , length, view] = expectList(id)
  const elements = type instanceof PyGlobal ? storageType(type.name) : undefined
  if (kind !== 'storage' || !elements || typeof key !== 'string') throw new Error(describePy(type ?? kind))
  const { dtype, width } = elements
  if (!Array.isArray(view)) return new StorageRef(key, dtype, width, expectSize(length))
  const [, offset, size] = view
  return new StorageRef(key, dtype, width, expectSize(size), expectSize(offset) * (width ?? 1))
}

/** torch._utils._rebuild_tensor(storage, offset, size, stride) */
export function rebuildTensor(args: PyValue[]): TensorRef | UnreadRef {
  expectCount(args, 4, 4)
  const [storage] = args
  return view(args, storage instanceof StorageRef ? storage.dtype : '')
}

/** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata=None) */
export function rebuildTensor2(args: PyValue[]): TensorRef | UnreadRef {
  expectCount(args, 6, 7)
  expectGradient(args[4], args[5])
  const [storage] = args
  return view(args, storage instanceof StorageRef ? storage.dtype : '', args[6])
}

/** torch._utils._rebuild_tensor_v3(storage, offset, size, stride, requires_grad, backward_hooks, dtype, metadata=None) */
export function rebuildTensor3(args: PyValue[]): TensorRef | UnreadRef {
  expectCount(args, 7, 8)
  expectGradient(args[4], args[5])
  const dtype = args[6]
  if (!(dtype instanceof PyGlobal)) throw new Error(describePy(dtype))
  return view(args, torchDtype(dtype.name), args[7])
}

/** A parameter is its tensor; (tensor, requires_grad, backward_hooks, state) or only the first of these. */
export function rebuildParameter([tensor, requiresGrad = false, hooks = null]: PyValue[]): PyValue {
  if (!(tensor instanceof TensorRef || tensor instanceof UnreadRef)) throw new Error(describePy(tensor))
  expectGradient(requiresGrad, hooks)
  return tensor
}

function view(
  [storage, offset, size, stride]: PyValue[],
  dtype: string,
  metadata: PyValue = null,
): TensorRef | UnreadRef {
  if (!(storage instanceof StorageRef)) throw new Error(describePy(storage))
  const [shape, strides] = [expectList(size).map(expectSize), expectList(stride).map(expectSize)]
  if (shape.length !== strides.length || shape.length > MAX_AXES)
    throw new Error(`${shape.length} sizes and ${strides.length} strides`)
  const start = expectSize(offset)
  if (!isHostDtype(dtype)) return new UnreadRef(dtype, shape)
  const change = changeOf(metadata)
  if (change === undefined || (change.negate && dtype === 'BOOL'))
    return new UnreadRef(`a view ${describeMetadata(metadata)} of ${dtype}`, shape)
  const ref = new TensorRef(storage, start, shape, strides, dtype, change)
  const limit = (storage.length * (storage.width ?? 1)) / hostArrays[dtype].BYTES_PER_ELEMENT
  if (!(ref.reach <= limit && Number.isSafeInteger(sizeOf(shape)) && Number.isSafeInteger(ref.byteLength)))
    throw new Error(`shape [${shape}] with strides [${strides}] at ${start} of ${limit} numbers`)
  return ref
}

/**
 * What the metadata of a view asks for: { neg: True } is a lazily negated view, { conj: True } one of complex numbers.
 * undefined if this package doesn't know it.
 */
function changeOf(metadata: PyValue): { negate?: boolean } | undefined {
  if (metadata === null) return {}
  if (!(metadata instanceof Map)) throw new Error(describePy(metadata))
  for (const [key, value] of metadata)
    if (typeof value !== 'boolean' || (key !== 'neg' && value)) return undefined
  return metadata.get('neg') === true ? { negate: true } : {}
}

function describeMetadata(metadata: PyValue): string {
  const entries = [...(metadata as Map<PyValue, PyValue>)].slice(0, 4)
  return `{${entries.map(([key, value]) => `${describePy(key)}: ${describePy(value)}`).join(', ')}}`
}

/** Whether gradients are computed, and hooks, which are for them: neither says anything about the numbers. */
function expectGradient(requiresGrad: PyValue | undefined, hooks: PyValue | undefined): void {
  if (typeof requiresGrad !== 'boolean') throw new Error(`requires_grad ${describePy(requiresGrad)}`)
  if (!(hooks === null || hooks instanceof Map)) throw new Error(`backward_hooks ${describePy(hooks)}`)
}

function expectCount(args: PyValue[], min: number, max: number): void {
  if (args.length < min || args.length > max) throw new Error(`${args.length} arguments`)
}
