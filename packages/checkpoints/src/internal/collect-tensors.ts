import type { HostTensor } from '../host-tensor.js'
import { PyObject, type PyValue } from './pickle/values.js'
import { NumpyArray } from './torch/globals.js'
import { TensorRef } from './torch/tensor-ref.js'

/** No checkpoint is nested this deep; an object that holds itself is. */
const MAX_DEPTH = 100
/** A value that many paths lead to is visited once for each path. */
const MAX_VISITS = 300_000
/** The limit of the length of all names together. */
const MAX_CHARACTERS = 50_000_000

/**
 * The tensors of an unpickled object by dotted name. The parts of a name are the keys of dicts and the indices of lists
 * and tuples; tensors of a module have the names that its state_dict() would give. Other values are left out.
 */
export function collectTensors(where: string, root: PyValue): Map<string, TensorRef | HostTensor> {
  const found = new Map<string, TensorRef | HostTensor>()
  let visits = 0
  let characters = 0
  const visit = (value: PyValue | undefined, name: string, depth: number): void => {
    if (++visits > MAX_VISITS || depth > MAX_DEPTH)
      throw new RangeError(
        `${where}: the object must be a tree of at most ${MAX_VISITS} values and ${MAX_DEPTH} levels, got more at '${name.slice(0, 80)}'.`,
      )
    if (value instanceof TensorRef || value instanceof NumpyArray) {
      characters += name.length
      if (characters > MAX_CHARACTERS)
        throw new RangeError(`${where}: names must take at most ${MAX_CHARACTERS} characters, got more.`)
      if (found.has(name)) throw new RangeError(`${where}: names must be unique, got '${name}' twice.`)
      found.set(name, value instanceof TensorRef ? value : readNumpy(where, name, value))
    } else {
      for (const [key, item] of membersOf(value))
        if (item !== null && typeof item === 'object')
          visit(item, depth === 0 ? keyText(key) : `${name}.${keyText(key)}`, depth + 1)
    }
  }
  visit(root, '', 0)
  return found
}

function membersOf(value: PyValue | undefined): Iterable<[PyValue, PyValue]> {
  if (Array.isArray(value) || value instanceof Map) return value.entries()
  return value instanceof PyObject ? moduleMembers(value) : []
}

const keyText = (key: PyValue) => (typeof key === 'object' ? '?' : String(key))

function readNumpy(where: string, name: string, array: NumpyArray): HostTensor {
  try {
    return array.read()
  } catch (cause) {
    throw new RangeError(`${where}: '${name}' must be a NumPy array, got ${(cause as Error).message}.`, {
      cause,
    })
  }
}

/** The parameters, the saved buffers and the inner modules of a module. */
function moduleMembers({ state }: PyObject): [PyValue, PyValue][] {
  if (!(state instanceof Map)) return []
  const passing = state.get('_non_persistent_buffers_set')
  return ['_parameters', '_buffers', '_modules'].flatMap(group => {
    const members = state.get(group)
    if (!(members instanceof Map)) return []
    return [...members].filter(
      ([key]) => !(group === '_buffers' && passing instanceof Set && passing.has(key)),
    )
  })
}
