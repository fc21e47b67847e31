import { InvalidArgumentError } from 'commander'

/** `0-3,7` -> [0, 1, 2, 3, 7]. */
export function parseIndices(text: string): number[] {
  const parts = text.split(',').map(part => /^(\d+)(?:-(\d+))?$/.exec(part.trim()))
  const indices = parts.flatMap(match => {
    if (!match) throw new InvalidArgumentError(`must be numbers and ranges such as 0-63,70, got '${text}'.`)
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => first + i)
  })
  if (indices.length === 0) throw new InvalidArgumentError(`must name at least one number, got '${text}'.`)
  return indices
}

/** A parser for an option that takes an integer >= min. */
export function parseInteger(min: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min)
      throw new InvalidArgumentError(`must be an integer >= ${min}, got '${text}'.`)
    return value
  }
}

/** `0.99999,0.8,0` -> numbers. */
export function parseNumbers(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some(value => !Number.isFinite(value)))
    throw new InvalidArgumentError(`must be numbers with commas between them, got '${text}'.`)
  return values
}
