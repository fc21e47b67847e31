import { InvalidArgumentError } from 'commander'

/** How many numbers a list may name: their images are kept until the end, or each in a file of its own. */
const MOST_INDICES = 10_000_000

/** `0-3,7` -> [0, 1, 2, 3, 7]. */
export function parseIndices(text: string): number[] {
  const ranges = text.split(',').map(part => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? []
    if (first === undefined)
      throw new InvalidArgumentError(`must be numbers and ranges such as 0-63,70, got '${short(part)}'.`)
    return [integer(first), integer(last!)] as const
  })
  const count = ranges.reduce((sum, [first, last]) => sum + Math.max(last - first + 1, 0), 0)
  if (count === 0 || count > MOST_INDICES)
    throw new InvalidArgumentError(`must name 1 to ${MOST_INDICES} numbers, got ${count}.`)
  return ranges.flatMap(([first, last]) => {
    const size = Math.max(last - first + 1, 0)
    return Array.from({ length: size }, (_, i) => first + i)
  })
}

const integer = parseInteger(0)

/** A parser for an option that takes an integer in [min, max]. */
export function parseInteger(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    const rule = max === Number.MAX_SAFE_INTEGER ? `>= ${min}` : `in [${min}, ${max}]`
    throw new InvalidArgumentError(`must be an integer ${rule}, got '${short(text)}'.`)
  }
}

/** The intervals of a grid, each a call of the network or more. */
export const parseSteps = parseInteger(1, 100_000)

/** A grid of times: `0.99999,0.8,0` -> numbers. */
export function parseTimes(text: string): number[] {
  const times = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  const falls = times.every((t, i) => t >= 0 && t <= 1 && !(t >= times[i - 1]!))
  if (times.length >= 2 && falls) return times
  throw new InvalidArgumentError(`must be at least 2 falling numbers in [0, 1], got '${short(text)}'.`)
}

/** The beginning of a long text, for an error. */
const short = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}...` : text)
