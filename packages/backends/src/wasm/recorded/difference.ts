import {
  type Argument,
  type Call,
  type Command,
  type Copying,
  type Data,
  dataOf,
  isCall,
  isPlace,
  isUse,
  type Program,
  viewsOf,
} from './program.js'

/**
 * What two runs of a function did differently; undefined if they called the same functions on the same numbers, apart from the
 * numbers of their arguments and variables and from where their random words begin.
 */
export function differenceOf(one: Program, other: Program): string | undefined {
  const same = new Map<Data, Data>()
  const pair = (a: Data, b: Data): string | undefined => {
    const known = same.get(a)
    if (known) return known === b ? undefined : 'uses other tensors'
    same.set(a, b)
    if (a.bytes !== b.bytes || a.dtype !== b.dtype) return 'has other shapes'
    return originsDiffer(one, a, other, b)
  }
  const count = Math.max(one.commands.length, other.commands.length)
  for (let i = 0; i < count; i++) {
    const [a, b] = [one.commands[i], other.commands[i]]
    if (a?.name !== b?.name)
      return `command ${i} is ${a?.name ?? 'nothing'} in one run and ${b?.name ?? 'nothing'} in another`
    const difference = commandsDiffer(a!, b!, { one, other, pair })
    if (difference) return `command ${i}, ${a!.name}, ${difference}`
  }
  if (!one.draws.equals(other.draws)) return 'it draws other random numbers'
  if (one.results.length !== other.results.length) return 'it returns other tensors'
  for (const [i, { data }] of one.results.entries())
    if (pair(data, other.results[i]!.data)) return `result ${i} is another tensor`
  if (one.assigned.length !== other.assigned.length) return 'it assigns other variables'
  for (const [i, { variable, after }] of one.assigned.entries())
    if (variable !== other.assigned[i]!.variable || pair(after, other.assigned[i]!.after))
      return 'it assigns other variables'
  return undefined
}

interface Runs {
  one: Program
  other: Program
  pair(a: Data, b: Data): string | undefined
}

function commandsDiffer(a: Command, b: Command, runs: Runs): string | undefined {
  if (isCall(a) !== isCall(b)) return 'has other shapes'
  return isCall(a) ? callsDiffer(a, b as Call, runs) : copiesDiffer(a, b as Copying, runs)
}

function callsDiffer(a: Call, b: Call, runs: Runs): string | undefined {
  if (a.units !== b.units || a.args.length !== b.args.length) return 'has other shapes'
  for (const [i, argument] of a.args.entries()) {
    const difference = argumentsDiffer(argument, b.args[i]!, runs)
    if (difference) return difference
  }
  return undefined
}

function copiesDiffer(a: Copying, b: Copying, { pair }: Runs): string | undefined {
  const [used, others] = [dataOf(a), dataOf(b)]
  const shapes = (command: Copying) => viewsOf(command).map(({ shape }) => shape)
  if (!isSame([a.attrs, shapes(a)], [b.attrs, shapes(b)]) || used.length !== others.length)
    return 'has other shapes'
  for (const [i, data] of used.entries()) {
    const difference = pair(data, others[i]!)
    if (difference) return difference
  }
  return undefined
}

function argumentsDiffer(a: Argument, b: Argument, { one, other, pair }: Runs): string | undefined {
  if (typeof a === 'number' || typeof b === 'number')
    return Object.is(a, b) ? undefined : 'uses other numbers'
  if (isUse(a)) return !isUse(b) || a.offset !== b.offset ? 'uses another part' : pair(a.data, b.data)
  if (isPlace(a)) {
    const [i, j] = [one.draws.indexOf(a), isPlace(b) ? other.draws.indexOf(b) : undefined]
    if (i !== j) return 'draws other random numbers'
    return i === undefined && !isSame(a, b) ? 'draws from a random stream that is not an argument' : undefined
  }
  return isSame(a, b) ? undefined : 'has other shapes'
}

const isEqual = (x: Uint8Array, y: Uint8Array): boolean =>
  x.length === y.length && x.every((byte, i) => byte === y[i])

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function originsDiffer(one: Program, a: Data, other: Program, b: Data): string | undefined {
  const [x, y] = [a.origin, b.origin]
  const [i, j] = [one.draws.indexOfTensor(a.dataId), other.draws.indexOfTensor(b.dataId)]
  if (i !== j) return 'draws other random numbers'
  if (i !== undefined) return undefined
  if (x.kind === 'host' && y.kind === 'host')
    return isEqual(x.values, y.values) ? undefined : 'uses numbers of the host that are others in each run'
  if (x.kind === 'argument' && y.kind === 'argument')
    return x.index === y.index ? undefined : 'uses other arguments'
  if (x.kind === 'variable' && y.kind === 'variable')
    return x.variable === y.variable ? undefined : 'uses other variables'
  if (x.kind === 'before' && y.kind === 'before')
    return a.dataId === b.dataId
      ? undefined
      : 'uses a tensor that is not an argument, and which is another in each run'
  return x.kind === y.kind ? undefined : 'uses other tensors'
}
