import type { PyValue } from './pickle/values.js'

/** No key has more; a hostile one could make every name long. */
const MAX_PARTS = 16

/** A dict's key as a part of a name: text as it is, numbers, True and None as Python prints them, tuples as (a,1). */
export function keyText(key: PyValue): string {
  if (key === null) return 'None'
  if (typeof key === 'boolean') return key ? 'True' : 'False'
  if (Array.isArray(key))
    return `(${key.slice(0, MAX_PARTS).map(part => (Array.isArray(part) ? '?' : keyText(part)))})`
  return typeof key === 'object' ? '?' : String(key)
}
