import type { ChoiceOption } from '@rectified-flow/core'
import { table } from './fit-columns.js'

type Described = Readonly<Record<string, { help: string; options?: Readonly<Record<string, ChoiceOption>> }>>

/** The text of a list for a command's help: each member, and below it its options with their defaults. */
export function choiceHelp(title: string, list: Described): string {
  const rows = Object.entries(list).flatMap(([name, { help, options = {} }]) => [
    [`  ${name}`, help] as const,
    ...Object.entries(options).map(
      ([option, { default: value, help }]) =>
        [`    ${option}`, value === undefined ? help : `${help} (default: ${value})`] as const,
    ),
  ])
  return `${title}:\n${table(rows)}`
}
