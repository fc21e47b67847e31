import { InvalidArgumentError, Option } from 'commander'
import { isSettings, parseYaml, type Settings } from './read-settings.js'

/** A value for the setting at a path, such as `network`, `dropout`. */
export interface Assignment {
  path: readonly string[]
  value: unknown
}

/** `--set key=value`, as often as it is needed. The value is YAML: a number, a word, or `{ name: pseudoHuber, c: 1 }`. */
export function setOption(): Option {
  return new Option(
    '--set <key=value>',
    'a value instead of the one in the configuration, such as network.dropout=0.1; may be given more than once',
  ).argParser((text: string, before: Assignment[] = []) => [...before, parseAssignment(text)])
}

function parseAssignment(text: string): Assignment {
  const [, key, value] = /^([\w.]{1,200})=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError(
      `must be the name of a setting, =, and its value, got '${text.slice(0, 80)}'.`,
    )
  return { path: key.split('.'), value: parseYaml(`--set ${key}`, value) }
}

/** The settings with these values in their places. What is wrong with them, the schema says. */
export function withAssignments(settings: Settings, assignments: readonly Assignment[]): Settings {
  return assignments.reduce<Settings>(
    (before, { path, value }) => placed(before, path, value) as Settings,
    settings,
  )
}

function placed(before: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value
  // A choice may be its name alone, as in `timesteps: logitNormal`.
  const whole = typeof before === 'string' ? { name: before } : isSettings(before) ? before : {}
  return { ...whole, [first]: placed(whole[first as keyof typeof whole], rest, value) }
}
