import { describe } from '@rectified-flow/core'

/**
 * What a checkpoint's names begin with before the network's names: '', 'model.' (preconditioned networks of EDM and of rfpp),
 * 'module._orig_mod.' or any other that ends with a dot. If no prefix has every name, it is the one with the most. If several
 * have every name, the network is there more than once, and only the caller can choose.
 */
export function findPrefix(where: string, network: ReadonlySet<string>, names: Iterable<string>): string {
  const longest = [...network].reduce((most, name) => Math.max(most, name.length), 0)
  const counts = new Map<string, number>()
  for (const name of names)
    for (const start of startsOfParts(name, name.length - longest))
      if (network.has(name.slice(start))) {
        const prefix = name.slice(0, start)
        counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
      }
  const whole = [...counts].filter(([, count]) => count === network.size).map(([prefix]) => prefix)
  if (whole.length > 1)
    throw new RangeError(
      `${where}: tensors must have the network once, got it under ${whole.length} prefixes: ${describe(whole)}. Choose one with prefix.`,
    )
  const [best = ''] = [...counts].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length)[0] ?? []
  return best
}

/** Where the parts of a dotted name start, from the last one to `first`; and 0. */
function* startsOfParts(name: string, first: number): Generator<number> {
  for (let dot = name.lastIndexOf('.'); dot + 1 >= Math.max(first, 1); dot = name.lastIndexOf('.', dot - 1)) {
    yield dot + 1
    if (dot === 0) break // lastIndexOf takes -1 for 0
  }
  yield 0
}

/** A prefix that the caller gave: 'ema.' as it is, and 'ema' as 'ema.' if the names have a dot there. */
export function givenPrefix(
  prefix: string,
  network: ReadonlySet<string>,
  names: ReadonlySet<string>,
): string {
  const has = (text: string) => [...network].some(name => names.has(text + name))
  return !has(prefix) && has(`${prefix}.`) ? `${prefix}.` : prefix
}
