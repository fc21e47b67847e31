import { type Life, livesOf } from '../../compile/lives.js'
import { type AnyBuffer, buffersOf, type Command } from './command.js'
import { isStandIn } from './stand-in.js'

/** One piece of memory, for buffers that are not in use at the same time. */
export interface Slot<Key> {
  bytes: number
  keys: Key[]
}

/** The lives of the inputs, and of each stand-in that holds no numbers of the host. */
export function livesOfBuffers(
  commands: readonly Command[],
  inputs: readonly GPUBuffer[] = [],
): Map<AnyBuffer, Life> {
  const given = new Set<AnyBuffer>(inputs)
  const counts = (buffer: AnyBuffer) => (isStandIn(buffer) ? !buffer.bytes : given.has(buffer))
  return livesOf<Command, AnyBuffer>(commands, command => buffersOf(command).filter(counts), inputs)
}

/**
 * The memory of buffers with these sizes and lives. From the largest on, each gets the smallest slot that is free in its life,
 * or a new one. (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, arXiv 2001.03288, "greedy by
 * size".)
 *
 * @returns the slots, the largest first
 */
export function planMemory<Key extends { size: number }>(lives: ReadonlyMap<Key, Life>): Slot<Key>[] {
  const slots: (Slot<Key> & { lives: Life[] })[] = []
  for (const [key, life] of [...lives].sort(([a], [b]) => b.size - a.size)) {
    const free = slots.findLast(({ lives }) =>
      lives.every(({ first, last }) => last < life.first || first > life.last),
    )
    const slot = free ?? { bytes: key.size, keys: [], lives: [] }
    if (!free) slots.push(slot)
    slot.keys.push(key)
    slot.lives.push(life)
  }
  return slots
}

/** The most bytes that are in use at once. */
export function mostInUse<Key extends { size: number }>(lives: ReadonlyMap<Key, Life>): number {
  const changes = new Map<number, number>()
  const add = (at: number, bytes: number) => changes.set(at, (changes.get(at) ?? 0) + bytes)
  for (const [{ size }, { first, last }] of lives) {
    add(first, size)
    add(last + 1, -size)
  }
  let now = 0
  let most = 0
  for (const [, bytes] of [...changes].sort(([a], [b]) => a - b)) {
    now += bytes
    most = Math.max(most, now)
  }
  return most
}
