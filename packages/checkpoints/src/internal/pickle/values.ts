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

/** The stand-in for a function or class that a pickle names. Globals that are not on the reader's list never get one. */
export class PyGlobal {
  constructor(
    /** Module and name, with a dot between. */
    readonly name: string,
    /** Runs in place of a call of the global. */
    readonly call: ((args: PyValue[]) => PyValue) | undefined,
  ) {}
}

/** An instance of a class: the name of its class and its attributes. It has no methods. */
export class PyObject {
  state: PyValue = null
  constructor(readonly className: string) {}
}

/** A short form of a value for an error message. */
export function describePy(value: PyValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  if (typeof value === 'string') return `'${value.slice(0, 80)}'`
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Map) return `a dict of ${value.size}`
  if (value instanceof Set) return `a set of ${value.size}`
  if (value instanceof PyGlobal) return value.name
  return value instanceof PyObject ? `an object of ${value.className}` : `a ${value.constructor.name}`
}
