import { describePy, type PyValue } from './pickle/values.js'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** No constructor takes this many values. A value that many paths lead to counts once for each path. */
const MAX_VALUES = 10_000

/** An unpickled value as plain data: dicts with text keys, lists, text and numbers. Other values are refused. */
export function toJson(where: string, name: string, root: PyValue): Json {
  let values = 0
  const convert = (value: PyValue, path: string): Json => {
    if (++values > MAX_VALUES)
      throw new RangeError(`${where}: ${name} must have at most ${MAX_VALUES} values, got more.`)
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number') return value
    if (Array.isArray(value)) return value.map((item, i) => convert(item, `${path}.${i}`))
    if (value instanceof Map)
      return Object.fromEntries(
        [...value].map(([key, item]) => [String(key), convert(item, `${path}.${key}`)]),
      )
    throw new RangeError(`${where}: ${path.slice(0, 200)} must be plain data, got ${describePy(value)}.`)
  }
  return convert(root, name)
}
