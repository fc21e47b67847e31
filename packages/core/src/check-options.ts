import { describe } from './checks.js'

/** Every option of a function, by name, and whether it must be given. The compiler checks it against the options' type. */
export type OptionNames<Options> = {
  readonly [Name in keyof Options]-?: object extends Pick<Options, Name> ? 'optional' : 'required'
}

/**
 * Throw unless `options` is an object with only these names, in which the required ones are given. So a misspelt option
 * is an error and not a default.
 *
 *     checkOptions<WarmUpOptions>('reflow.warmUp', options, { steps: 'required', from: 'optional' })
 *
 * @param called  the parameter's name, for the message
 */
export function checkOptions<Options extends object>(
  where: string,
  options: unknown,
  names: OptionNames<Options>,
  called = 'options',
): asserts options is Options {
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    throw new TypeError(`${where}: ${called} must be an object, got ${describe(options)}.`)
  const known = Object.keys(names)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const near = nearestName(name, known)
    const hint = near === undefined ? '' : ` Did you mean ${near}?`
    throw new TypeError(`${where}: ${called} must be of ${known.join(', ')}, got ${describe(name)}.${hint}`)
  }
  for (const [name, need] of Object.entries(names))
    if (need === 'required' && (options as Record<string, unknown>)[name] === undefined)
      throw new TypeError(`${where}: ${name} must be given, got undefined.`)
}

/** The known name that is at most two letters away, where letter case and separators don't count. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const near = known
    .map(one => ({ one, distance: editDistance(plain(one), plain(name)) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return near !== undefined && near.distance <= Math.min(2, plain(near.one).length - 1) ? near.one : undefined
}

/** Letters to insert, remove or replace to make b of a (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
