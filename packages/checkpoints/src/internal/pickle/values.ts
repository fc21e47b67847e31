/** What a pickle's objects become: lists and tuples are arrays, dicts are Maps, bytes are views of the file. */
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

/** A function or class that a pickle names. Only those on the reader's list get here, and none of them is Python's. */
export class PyGlobal {
  constructor(
    /** Module and name, with a dot between. */
    readonly name: string,
    /** What stands in for calling it. */
    readonly call: ((args: PyValue[]) => PyValue) | undefined,
  ) {}
}

/** An instance of a class: its name and attributes, and nothing that does anything. */
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
