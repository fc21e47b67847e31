/** A pickle's objects in JavaScript: lists and tuples are arrays, dicts are Maps, bytes are views of the file. */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyValue[]
  | Map<PyValue, PyValue>
  | Set<PyValue>
  | PyGlobal
  | PyObject
  | object

/** The stand-in for a function or class that a pickle names. */
export class PyGlobal {
  constructor(
    /** Module and name, with a dot between. */
    readonly name: string,
    /** Runs in place of a call of the global. */
    readonly call: (args: PyValue[]) => PyValue,
  ) {}
}

/** An instance of a class, or what a function would have returned. It has the data that the pickle gave it and no methods. */
export class PyObject {
  state: PyValue = null
  /** The items of a class that extends dict. */
  items?: Map<PyValue, PyValue>
  /** The items of a class that extends list or set. */
  list?: PyValue[]
  constructor(
    readonly className: string,
    readonly args: PyValue[] = [],
  ) {}
}

/** About how many bytes of memory a value takes, beside those of the values in it. */
export function memoryOf(value: PyValue): number {
  if (typeof value === 'string') return 32 + value.length
  if (typeof value === 'bigint') return 32 + value.toString(16).length
  if (value === null || typeof value !== 'object') return 16
  if (Array.isArray(value)) return 64 + 16 * value.length
  if (value instanceof Map || value instanceof Set) return 200 + 50 * value.size
  return 200
}

/** A short form of a value for an error message. */
export function describePy(value: PyValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  if (typeof value === 'string') return `'${value.slice(0, 80)}'`
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`.slice(0, 80)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Map) return `a dict of ${value.size}`
  if (value instanceof Set) return `a set of ${value.size}`
  if (value instanceof PyGlobal) return value.name
  return value instanceof PyObject ? `an object of ${value.className}` : `a ${value.constructor.name}`
}
