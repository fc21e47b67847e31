import { placeOf } from '../region.js'
import { type AnyBuffer, type Command, isCopy, wholeOf } from './command.js'
import type { Program } from './program.js'
import { isStandIn, type StandIn } from './stand-in.js'

/**
 * What two runs of a function did differently; undefined if they asked the same of the GPU, apart from the numbers of their
 * arguments and from where their random words begin.
 */
export function differenceOf(one: Program, other: Program): string | undefined {
  const same = new Map<StandIn, StandIn>()
  const pair = (a: AnyBuffer, b: AnyBuffer): string | undefined => {
    const wholes = [wholeOf(a), wholeOf(b)] as const
    if (wholes[0] !== a || wholes[1] !== b) {
      const [x, y] = [placeOf(a as GPUBuffer), placeOf(b as GPUBuffer)]
      return x.offset !== y.offset || x.size !== y.size ? 'uses another part' : pair(...wholes)
    }
    if (!isStandIn(a) || !isStandIn(b)) return pairOfBefore(one, a, other, b)
    const known = same.get(a)
    if (known) return known === b ? undefined : 'uses other tensors'
    if (a.size !== b.size || a.usage !== b.usage) return 'has other shapes'
    same.set(a, b)
    return constantsDiffer(one, a, other, b)
  }
  const count = Math.max(one.commands.length, other.commands.length)
  for (let i = 0; i < count; i++) {
    const [a, b] = [one.commands[i], other.commands[i]]
    if (!a || !b || nameOf(a) !== nameOf(b))
      return `command ${i} is ${nameOf(a)} in one run and ${nameOf(b)} in another`
    const difference = differenceOfCommands(a, b, pair)
    if (difference) return `command ${i}, ${nameOf(a)}, ${difference}`
  }
  if (!one.draws.equals(other.draws)) return 'it draws other random numbers'
  if (one.results.length !== other.results.length) return 'it returns other tensors'
  for (const [i, { buffer }] of one.results.entries()) {
    const same = other.results[i]!.buffer
    if (buffer && same && pair(buffer, same)) return `result ${i} is another tensor`
  }
  return undefined
}

function differenceOfCommands(
  a: Command,
  b: Command,
  pair: (a: AnyBuffer, b: AnyBuffer) => string | undefined,
): string | undefined {
  if (isCopy(a) || isCopy(b)) {
    if (!isCopy(a) || !isCopy(b)) return 'is a copy in one run only'
    if (a.bytes !== b.bytes || a.fromOffset !== b.fromOffset || a.toOffset !== b.toOffset)
      return 'copies another part'
    return pair(a.from, b.from) ?? pair(a.to, b.to)
  }
  if (a.pipeline !== b.pipeline || String(a.workgroups) !== String(b.workgroups)) return 'has other shapes'
  for (const [i, { buffer }] of a.bindings.entries()) {
    const difference = pair(buffer, b.bindings[i]!.buffer)
    if (difference) return difference
  }
  return undefined
}

function pairOfBefore(one: Program, a: AnyBuffer, other: Program, b: AnyBuffer): string | undefined {
  if (isStandIn(a) || isStandIn(b)) return 'uses a tensor from before in one run only'
  const [i, j] = [one.inputs.indexOf(a), other.inputs.indexOf(b)]
  if (i !== j) return 'uses other arguments'
  return i >= 0 || a === b
    ? undefined
    : 'uses a tensor that is not an argument, and which is another in each run'
}

function constantsDiffer(one: Program, a: StandIn, other: Program, b: StandIn): string | undefined {
  if (!a.bytes && !b.bytes) return undefined
  if (!a.bytes || !b.bytes) return 'uses numbers of the host in one run only'
  const [i, j] = [drawOf(one, a), drawOf(other, b)]
  if (i !== j) return 'draws other random numbers'
  const skipped = i === undefined ? 0 : 4
  const [x, y] = [new Uint32Array(a.bytes), new Uint32Array(b.bytes)]
  for (let word = skipped; word < x.length; word++)
    if (x[word] !== y[word])
      return a.place && i === undefined
        ? 'draws from a random stream that is not an argument'
        : 'uses numbers of the host that are others in each run'
  return undefined
}

const drawOf = (program: Program, { place }: StandIn): number | undefined =>
  place && program.draws.indexOf(place)

const nameOf = (command: Command | undefined): string =>
  !command ? 'nothing' : isCopy(command) ? 'a copy' : command.pipeline.label.replace(/Program.*$/, '')
