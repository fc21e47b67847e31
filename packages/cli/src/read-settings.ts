import { Lexer, parse } from 'yaml'
import { described } from './described.js'
import { readInput } from './input-file.js'

/** A file of settings has some hundred bytes, and few levels. */
const MOST_BYTES = 2 ** 16
const MOST_LEVELS = 50

export type Settings = Readonly<Record<string, unknown>>

export const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The settings in a file of YAML or JSON. */
export async function readSettings(name: string, path: string): Promise<Settings> {
  const value = parseYaml(`'${path}'`, String(await readInput(name, path, MOST_BYTES)))
  if (isSettings(value)) return value
  throw new RangeError(`'${path}' must hold settings by name, got ${described(value)}.`)
}

/**
 * The value of a text in YAML or JSON.
 *
 * @param what  where the text is from, for an error
 */
export function parseYaml(what: string, text: string): unknown {
  // The parser calls itself for each level, and where the stack ends Node may end too.
  const levels = levelsOf(text)
  if (levels > MOST_LEVELS)
    throw new RangeError(`${what} must nest settings in at most ${MOST_LEVELS} levels, got ${levels}.`)
  try {
    return parse(text, { logLevel: 'error' }) // YAML's own warnings would go to stderr without the file's name
  } catch (cause) {
    const [why] = (cause as Error).message.split(/:?\n/) // below it is an excerpt of the text
    throw new RangeError(`${what} must be YAML or JSON, got other text. ${why?.slice(0, 200)}.`, { cause })
  }
}

/** How many levels the brackets of a text open, and the dashes, question marks and indentation of a line. At least. */
function levelsOf(text: string): number {
  let [brackets, line, most] = [0, 0, 0]
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets++
    else if (token === ']' || token === '}') brackets--
    else if (token === '-' || token === '?' || token === ':') line++
    else if (token.includes('\n')) line = 0
    most = Math.max(most, brackets + line)
  }
  return most
}
