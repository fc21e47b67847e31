import { nearestName } from '@rectified-flow/core'
import type * as z from 'zod'
import { described } from './described.js'

/** How many problems one error lists; it counts the others. */
const MOST_LISTED = 6

type Issue = z.ZodError['issues'][number]

/**
 * Everything that is wrong with a file of settings, a line each: the file, the setting, the rule, the value.
 *
 * @param namesAt  the names of the settings at a path, for a hint where one is misspelt
 */
export function settingsError(
  path: string,
  { issues }: z.ZodError,
  namesAt: (path: readonly PropertyKey[]) => readonly string[],
): RangeError {
  const problems = issues.flatMap(issue => problemsOf(issue, namesAt))
  const lines = problems.slice(0, MOST_LISTED).map(problem => `'${path}': ${problem}`)
  const more = problems.length - MOST_LISTED
  return new RangeError([...lines, ...(more > 0 ? [`'${path}': and ${more} more.`] : [])].join('\n'))
}

function problemsOf(issue: Issue, namesAt: (path: readonly PropertyKey[]) => readonly string[]): string[] {
  const name = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys')
    return [`${name || 'the whole'} must ${ruleOf(issue)}, got ${described(inputOf(issue))}.`]
  const given = issue.input as Record<string, unknown>
  return issue.keys.map(key => {
    const near = nearestName(key, namesAt(issue.path))
    const hint = near === undefined ? '' : ` Did you mean ${[...issue.path, near].join('.')}?`
    const called = [...issue.path, key.slice(0, 80)].join('.')
    return `${called} must be the name of a setting, got ${described(given[key])}.${hint}`
  })
}

/** The value at the path of an issue. That of a union is the object whose name chooses none of its members. */
function inputOf({ code, input, path }: Issue): unknown {
  const chosen = code === 'invalid_union' && path.at(-1) === 'name'
  return chosen ? (input as { name?: unknown }).name : input
}

/** What a value must do, after 'must'. The schema's own messages begin with that word. */
function ruleOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'be given' : `be ${KINDS[issue.expected] ?? issue.expected}`
    case 'too_small':
      return `be ${issue.inclusive ? '>=' : '>'} ${issue.minimum}`
    case 'too_big':
      return `be ${issue.inclusive ? '<=' : '<'} ${issue.maximum}`
    case 'invalid_value':
      return `be one of ${issue.values.join(', ')}`
    default:
      return issue.message.replace(/^must /, '')
  }
}

const KINDS: Partial<Record<string, string>> = {
  number: 'a finite number',
  int: 'an integer',
  string: 'a text',
  boolean: 'true or false',
  object: 'settings by name',
  record: 'settings by name',
}
