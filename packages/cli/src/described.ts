import { describe } from '@rectified-flow/core'

/** A short form of any value for an error, on one line. */
export function described(value: unknown): string {
  return describe(typeof value === 'string' ? value.slice(0, 80).replace(/\s+/g, ' ') : value)
}
