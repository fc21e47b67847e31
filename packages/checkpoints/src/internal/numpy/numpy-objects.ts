import { type HostDtype, hostArrays, MAX_AXES, sizeOf } from '../../host-tensor.js'
import { npyCodes } from '../npy-header.js'
import { expectList, expectSize } from '../pickle/expect.js'
import { describePy, PyObject, type PyValue } from '../pickle/values.js'
import { readTensorRef, StorageRef, TensorRef, UnreadRef } from '../tensor-ref.js'

/** A NumPy dtype; its state says the byte order. */
export class NumpyDtype extends PyObject {
  constructor(readonly code: string) {
    super('numpy.dtype')
  }

  get host(): HostDtype | undefined {
    return (Object.keys(npyCodes) as HostDtype[]).find(name => npyCodes[name] === this.code)
  }

  get swapBytes(): boolean {
    return Array.isArray(this.state) && this.state[1] === '>'
  }
}

/** A NumPy array; its state is (version, shape, dtype, columns first, bytes). */
export class NumpyArray extends PyObject {
  #view: TensorRef | UnreadRef | null | undefined
  /** The order of its axes, if it isn't theirs in memory. */
  axes: number[] | undefined

  constructor() {
    super('numpy.ndarray')
  }

  /** The array as a view of its bytes; null for objects, text and times, which are no numbers. */
  get view(): TensorRef | UnreadRef | null {
    if (this.#view === undefined) this.#view = this.#makeView()
    return this.#view
  }

  #makeView(): TensorRef | UnreadRef | null {
    const [size, dtype, fortran, content] = expectList(this.state).slice(-4)
    if (!(dtype instanceof NumpyDtype)) throw new Error(describePy(dtype))
    const stored = expectList(size).map(expectSize)
    if (stored.length > MAX_AXES) throw new Error(`${stored.length} axes`)
    const axes = this.axes ?? stored.map((_, axis) => axis)
    const shape = axes.map(axis => stored[axis]!)
    const host = dtype.host
    if (!host) return /^[cf]/.test(dtype.code) ? new UnreadRef(dtype.code, shape) : null
    // Python 2 stores bytes as text, if they happen to be text.
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    if (!(bytes instanceof Uint8Array)) throw new Error(`${dtype.code} of ${describePy(bytes)}`)
    const width = hostArrays[host].BYTES_PER_ELEMENT
    if (sizeOf(stored) * width !== bytes.length)
      throw new Error(`${bytes.length} bytes for ${host} [${stored}]`)
    const storage = new StorageRef('', host, width, sizeOf(stored))
    storage.bytes = bytes
    const strides = stridesOf(stored, fortran === true)
    const inOrder = axes.map(axis => strides[axis]!)
    return new TensorRef(storage, 0, shape, inOrder, host, { swapBytes: dtype.swapBytes })
  }
}

/** The functions and classes of NumPy that a pickle of an array names, in both spellings of its modules. */
export const numpyGlobals: Readonly<Record<string, (args: PyValue[]) => PyValue>> = {
  'numpy.dtype': ([code]) => new NumpyDtype(String(code)),
  'numpy.core.multiarray.scalar': scalar,
  'numpy._core.multiarray.scalar': scalar,
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy._core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy.core.numeric._frombuffer': fromBuffer,
  'numpy._core.numeric._frombuffer': fromBuffer,
}

/** _frombuffer(buffer, dtype, shape, order, axis_order=None): protocol 5. */
function fromBuffer([buffer, dtype, shape, order, axisOrder = null]: PyValue[]): PyValue {
  const array = new NumpyArray()
  array.state = [shape!, dtype!, order === 'F', buffer!]
  if (order === 'K' && axisOrder !== null) {
    const axes = expectList(axisOrder).map(expectSize)
    if (
      [...axes].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      axes.length !== expectList(shape).length
    )
      throw new Error(`axes [${axes.slice(0, MAX_AXES)}]`)
    array.axes = axes
  } else if (order !== 'C' && order !== 'F') throw new Error(`order ${describePy(order)}`)
  return array
}

/** A number, or the object without behaviour that stands for text, a time or another value. */
function scalar(args: PyValue[]): PyValue {
  const [dtype, bytes] = args
  const array = new NumpyArray()
  array.state = [[], dtype!, false, bytes!]
  const { view } = array
  if (!(view instanceof TensorRef)) return new PyObject('numpy.generic', args)
  const aligned = new Uint8Array(view.storage.bytes!)
  return readTensorRef('', '', view, aligned).data[0]!
}

function stridesOf(shape: readonly number[], fortran: boolean): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let i = 0; i < shape.length; i++) {
    const axis = fortran ? i : shape.length - 1 - i
    strides[axis] = step
    step *= shape[axis]!
  }
  return strides
}
