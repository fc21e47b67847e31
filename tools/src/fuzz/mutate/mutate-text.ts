import type { Dice } from '../dice.js'
import { fromLatin1, latin1 } from '../files/files.js'
import { mutateBytes } from './mutate-bytes.js'

const VALUES: readonly unknown[] = [
  0,
  -1,
  1.5,
  1e9,
  4_294_967_297,
  9_007_199_254_740_994,
  1e308,
  'x',
  '',
  '../../../etc/passwd',
  '<script>',
  null,
  true,
  [],
  {},
  [[[[]]]],
]
const WORDS = [
  ...VALUES.map(value => JSON.stringify(value)),
  '-0',
  'NaN',
  '1e999',
  '0x10',
  '99999999999999999999',
]

/** Edits of a text: a number or a word becomes another, a line or a character goes or comes twice; sometimes any bytes. */
export function mutateText(bytes: Uint8Array, dice: Dice): Uint8Array {
  const text = latin1(bytes)
  const kind = dice.below(8)
  if (kind === 0) return mutateBytes(bytes, dice)
  if (kind < 5) return fromLatin1(replaceOne(text, /-?\d+(\.\d+)?/g, dice.pick(WORDS), dice))
  if (kind === 5) return fromLatin1(replaceOne(text, /"[^"]*"|[A-Za-z_]\w*/g, dice.pick(WORDS), dice))
  const lines = text.split('\n')
  const at = dice.below(lines.length)
  const line = lines[at]!
  const place = dice.below(line.length)
  const changed = [
    [],
    [line, line],
    [line.slice(0, place)],
    [line.slice(0, place) + dice.pick(['{', '}', '[', ',', ':', '"', '\0', '\\']) + line.slice(place)],
  ]
  return fromLatin1(lines.toSpliced(at, 1, ...dice.pick(changed)).join('\n'))
}

function replaceOne(text: string, pattern: RegExp, by: string, dice: Dice): string {
  const found = [...text.matchAll(pattern)]
  if (found.length === 0) return text + by
  const match = dice.pick(found)
  return text.slice(0, match.index) + by + text.slice(match.index + match[0].length)
}

/** Edits of a JSON text that keep it JSON, by one value or key; sometimes any other edit. */
export function mutateJson(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (dice.below(3) === 0) return mutateText(bytes, dice)
  const root: unknown = JSON.parse(Buffer.from(bytes).toString())
  const holder = { root }
  const places = placesIn(holder)
  const [parent, key] = dice.pick(places)
  const kind = dice.below(8)
  if (kind === 0) delete parent[key]
  else if (kind === 1) parent[dice.pick(['x', '__proto__', 'constructor', '0', '-1'])] = parent[key]
  else parent[key] = dice.pick(VALUES)
  return Buffer.from(JSON.stringify(holder.root) ?? '')
}

type Parent = Record<string, unknown>

/** Every value in a JSON value, as its parent and its key there. */
function placesIn(parent: object): [Parent, string][] {
  return Object.entries(parent).flatMap(([key, value]) => [
    [parent as Parent, key] as [Parent, string],
    ...(value !== null && typeof value === 'object' ? placesIn(value) : []),
  ])
}
