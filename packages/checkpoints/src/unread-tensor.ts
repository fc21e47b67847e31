import type { HostData, HostDtype, HostTensor } from './host-tensor.js'

/**
 * A tensor that a file has and this package doesn't read, such as one of float8 or of complex numbers. The file's other
 * tensors are read. This one has its name and its shape; who asks for its `data` gets an error that says what it is.
 */
export class UnreadTensor implements HostTensor {
  /** As the file calls it: none of HostDtype. */
  readonly dtype: HostDtype
  readonly shape: number[]
  readonly #message: string

  /** @param message  the rule, and what was found instead */
  constructor(dtype: string, shape: number[], message: string) {
    this.dtype = dtype as HostDtype
    this.shape = shape
    this.#message = message
  }

  get error(): RangeError {
    return new RangeError(this.#message)
  }

  get data(): HostData {
    throw this.error
  }

  /** The same tensor, and an error that ends with these words. */
  saying(more: string): UnreadTensor {
    return new UnreadTensor(this.dtype, this.shape, `${this.#message} ${more}`)
  }
}

/** A tensor of a kind that no dtype here stands for. */
export function unreadTensor(where: string, name: string, dtype: string, shape: number[]): UnreadTensor {
  return new UnreadTensor(
    dtype,
    shape,
    `${where}: '${name.slice(0, 200)}' must be a dense tensor of booleans, integers, or floats of 16 to 64 bits, got ${dtype.slice(0, 200)}.`,
  )
}
