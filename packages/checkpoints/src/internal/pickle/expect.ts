import { describePy, type PyValue } from './values.js'

// Checks of what a stand-in gets. The pickle's machine adds to their errors what was called, and where.

export function expectList(value: PyValue | undefined): PyValue[] {
  if (Array.isArray(value)) return value
  throw new Error(describePy(value))
}

/** An integer >= 0. */
export function expectSize(value: PyValue | undefined): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new Error(describePy(value))
}
