import { keyText } from './key-text.js'
import { NumpyArray } from './numpy/numpy-objects.js'
import { PyObject, type PyValue } from './pickle/values.js'
import { TensorRef, UnreadRef } from './tensor-ref.js'

/** No checkpoint is nested this deep; an object that holds itself is. */
const MAX_DEPTH = 100
/** A value that many paths lead to is visited once for each path. */
const MAX_VISITS = 300_000
/** The limit of the length of all names together. */
const MAX_CHARACTERS = 50_000_000

/**
 * The tensors of an unpickled object by dotted name. The parts of a name are the keys of dicts, the indices of lists and
 * tuples and the attributes of objects; tensors of a module have the names that its state_dict() would give. Other values are
 * left out.
 */
export function collectTensors(where: string, root: PyValue): Map<string, TensorRef | UnreadRef> {
  const found = new Map<string, TensorRef | UnreadRef>()
  const above = new Set<PyObject>()
  let visits = 0
  let characters = 0
  const visit = (value: PyValue | undefined, name: string, depth: number): void => {
    if (++visits > MAX_VISITS || depth > MAX_DEPTH)
      throw new RangeError(
        `${where}: the object must be a tree of at most ${MAX_VISITS} values and ${MAX_DEPTH} levels, got more at '${name.slice(0, 80)}'.`,
      )
    const tensor = value instanceof NumpyArray ? viewOf(where, name, value) : value
    if (tensor instanceof TensorRef || tensor instanceof UnreadRef) {
      characters += name.length
      if (characters > MAX_CHARACTERS)
        throw new RangeError(`${where}: names must take at most ${MAX_CHARACTERS} characters, got more.`)
      found.set(name, found.has(name) ? new UnreadRef('two tensors of this name') : tensor)
      return
    }
    // An object may hold one that holds it, such as a schedule and its optimizer.
    if (value instanceof PyObject && above.has(value)) return
    if (value instanceof PyObject) above.add(value)
    for (const [key, item] of membersOf(value))
      if (item !== null && typeof item === 'object')
        visit(item, depth === 0 ? keyText(key) : `${name}.${keyText(key)}`, depth + 1)
    if (value instanceof PyObject) above.delete(value)
  }
  visit(root, '', 0)
  return found
}

function membersOf(value: PyValue | undefined): Iterable<[PyValue, PyValue]> {
  if (Array.isArray(value) || value instanceof Map) return value.entries()
  if (!(value instanceof PyObject)) return []
  const { state, items = [], list = [] } = value
  // With __slots__, the state is a pair: the other attributes (or None), and the slots.
  const attributes = Array.isArray(state) && state.length === 2 ? state : [state]
  const maps = attributes.filter(part => part instanceof Map)
  return maps.some(isModule)
    ? maps.flatMap(moduleMembers)
    : [...items, ...list.entries(), ...maps.flatMap(map => [...map])]
}

function viewOf(where: string, name: string, array: NumpyArray): TensorRef | UnreadRef | null {
  try {
    return array.view
  } catch (cause) {
    throw new RangeError(
      `${where}: '${name.slice(0, 200)}' must be a NumPy array, got ${(cause as Error).message}.`,
      { cause },
    )
  }
}

const isModule = (attributes: Map<PyValue, PyValue>) =>
  ['_parameters', '_buffers', '_modules'].every(group => attributes.get(group) instanceof Map)

/** The parameters, the saved buffers and the inner modules of a module. */
function moduleMembers(attributes: Map<PyValue, PyValue>): [PyValue, PyValue][] {
  const passing = attributes.get('_non_persistent_buffers_set')
  return ['_parameters', '_buffers', '_modules'].flatMap(group => {
    const members = attributes.get(group) as Map<PyValue, PyValue>
    return [...members].filter(
      ([key]) => !(group === '_buffers' && passing instanceof Set && passing.has(key)),
    )
  })
}
