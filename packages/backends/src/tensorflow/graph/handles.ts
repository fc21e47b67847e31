import type { Binding, Shaped, Value } from '../eager.js'

/** Tensors up to this size that the host made stay on the host until libtensorflow needs them. */
const SMALL = 64

export type Numbers = Float32Array | Int32Array | Uint8Array

/** A tensor: in libtensorflow, on the host, or promised (its call is deferred). */
export interface Handle extends Value {
  /** libtensorflow's number for the tensor. */
  real?: number | undefined
  /** The numbers of a small tensor that the host made. */
  values?: Numbers | undefined
  /** Whether tfjs has disposed of the tensor. */
  disposed: boolean
}

/** All tensors of a backend, by ids of our own, because an id may stand for a tensor that is not computed yet. */
export class Handles {
  readonly #raw: Binding
  readonly #handles = new Map<number, Handle>()
  // Above libtensorflow's numbers of the tensors that were made before, and still a small integer for JavaScript engines.
  #next = 2 ** 30

  constructor(raw: Binding) {
    this.#raw = raw
  }

  get(id: number): Handle | undefined {
    return this.#handles.get(id)
  }

  /** A tensor made of the host's numbers. */
  create(shape: number[], dtype: number, values: Numbers): Handle {
    const small = values.length <= SMALL && this.isNumeric(dtype)
    return this.#keep({
      shape: [...shape],
      dtype,
      ...(small ? { values: values.slice() } : { real: this.#raw.createTensor(shape, dtype, values) }),
    })
  }

  /** A tensor that libtensorflow made. */
  readonly adopt = ({ id: real, shape, dtype }: Value): Handle => this.#keep({ real, shape, dtype })

  /** A tensor that is not computed yet. */
  promise({ shape, dtype }: Shaped): Handle {
    return this.#keep({ shape, dtype })
  }

  /** Forget a tensor's id. `release` frees the tensor's memory. */
  dispose(id: number): Handle | undefined {
    const handle = this.#handles.get(id)
    if (handle) handle.disposed = true
    this.#handles.delete(id)
    return handle
  }

  release(handle: Handle): void {
    if (handle.real !== undefined) this.#raw.deleteTensor(handle.real)
    handle.real = undefined
  }

  realOf(handle: Handle): number {
    if (handle.real === undefined && handle.values)
      handle.real = this.#raw.createTensor([...handle.shape], handle.dtype, handle.values)
    return handle.real!
  }

  /** libtensorflow's numbers for these ids. */
  reals(ids: readonly number[]): number[] {
    return ids.map(id => {
      const handle = this.#handles.get(id)
      return handle ? this.realOf(handle) : id
    })
  }

  isNumeric(dtype: number): boolean {
    const { TF_FLOAT, TF_INT32, TF_BOOL } = this.#raw
    return dtype === TF_FLOAT || dtype === TF_INT32 || dtype === TF_BOOL
  }

  #keep(tensor: Omit<Handle, 'id' | 'disposed'>): Handle {
    const handle: Handle = { id: this.#next++, disposed: false, ...tensor }
    this.#handles.set(handle.id, handle)
    return handle
  }
}
