import type { PyValue } from './pickle/values.js'

/** A dict's key as a part of a name: text as it is, numbers, True and None as Python prints them, tuples as (a,1). */
export function keyText(key: PyValue): string {
  if (key === null) return 'None'
  if (typeof key === 'boolean') return key ? 'True' : 'False'
  if (Array.isArray(key)) return `(${key.map(part => (Array.isArray(part) ? '?' : keyText(part)))})`
  return typeof key === 'object' ? '?' : String(key)
}
