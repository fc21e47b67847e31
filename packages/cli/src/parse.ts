import { InvalidArgumentError } from 'commander'

/** How many numbers a list may name: their images are kept until the end, or each in a file of its own. */
const MOST_INDICES = 10_000_000

/** `0-3,7` -> [0, 1, 2, 3, 7]. Each number once: its image is one file, or one row. */
export function parseIndices(text: string): number[] {
  const ranges = text.split(',').map(part => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? []
    const [first, last] = from === undefined ? [1, 0] : [integer(from), integer(to!)]
    if (first <= last) return { first, count: last - first + 1 }
    throw new InvalidArgumentError(`must be numbers and ranges such as 0-63,70, got '${short(part)}'.`)
  })
  const count = ranges.reduce((sum, range) => sum + range.count, 0)
  if (count > MOST_INDICES)
    throw new InvalidArgumentError(`must name at most ${MOST_INDICES} numbers, got ${count}.`)
  const numbers = ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
  if (new Set(numbers).size < count)
    throw new InvalidArgumentError(`must name each number once, got '${short(text)}'.`)
  return numbers
}

const integer = parseInteger(0)

/** A parser for an option that takes an integer in [min, max]. */
export function parseInteger(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = numberOf(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    const rule = max === Number.MAX_SAFE_INTEGER ? `>= ${min}` : `in [${min}, ${max}]`
    throw new InvalidArgumentError(`must be an integer ${rule}, got '${short(text)}'.`)
  }
}

/** A parser for an option that takes a number in [min, max]. */
export function parseNumber(min: number, max: number): (text: string) => number {
  return text => {
    const value = numberOf(text)
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`must be a number in [${min}, ${max}], got '${short(text)}'.`)
  }
}

/** The intervals of a grid, each a call of the network or more. */
export const parseSteps = parseInteger(1, 100_000)

/** A grid of times: `0.99999,0.8,0` -> numbers. */
export function parseTimes(text: string): number[] {
  const times = text.split(',').map(numberOf)
  const falls = times.every((t, i) => t >= 0 && t <= 1 && !(t >= times[i - 1]!))
  if (times.length >= 2 && falls) return times
  throw new InvalidArgumentError(`must be at least 2 falling numbers in [0, 1], got '${short(text)}'.`)
}

/** A parser for an option that takes some of these names: `a,b`. */
export function parseNames<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return text => {
    const given = text.split(',').map(name => name.trim())
    const chosen = names.filter(name => given.includes(name))
    if (chosen.length === given.length) return chosen
    throw new InvalidArgumentError(`must be of ${names.join(', ')}, each once, got '${short(text)}'.`)
  }
}

/** Two times: `0.2,0.8` -> numbers. */
export function parseInterval(text: string): [number, number] {
  const [from = Number.NaN, to = Number.NaN, ...more] = text.split(',').map(numberOf)
  if (from >= 0 && from <= to && to <= 1 && more.length === 0) return [from, to]
  throw new InvalidArgumentError(`must be two times in [0, 1], such as 0.2,0.8, got '${short(text)}'.`)
}

const numberOf = (text: string) => (text.trim() === '' ? Number.NaN : Number(text))

/** The beginning of a long text, for an error. */
const short = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}...` : text)
