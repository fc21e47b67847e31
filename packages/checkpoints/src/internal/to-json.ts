import { keyText } from './key-text.js'
import { describePy, type PyValue } from './pickle/values.js'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** No constructor takes this many values. A value that many paths lead to counts once for each path. */
const MAX_VALUES = 10_000

/** An unpickled value as plain data: dicts with text keys, lists, text and numbers. Of another value, a description in words. */
export function toJson(where: string, name: string, root: PyValue): Json {
  let values = 0
  const convert = (value: PyValue): Json => {
    if (++values > MAX_VALUES)
      throw new RangeError(`${where}: ${name} must have at most ${MAX_VALUES} values, got more.`)
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number') return value
    if (Array.isArray(value)) return value.map(convert)
    if (value instanceof Map)
      return Object.fromEntries([...value].map(([key, item]) => [keyText(key), convert(item)]))
    return describePy(value)
  }
  return convert(root)
}
