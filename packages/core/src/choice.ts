import { checkKind } from './check-kinds.js'
import { checkOptions, type OptionNames } from './check-options.js'
import { checkOneOf } from './checks.js'

/** An option that a settings file or a command line can set: a number, a boolean or a word, never a function or a tensor. */
export interface ChoiceOption<Value = number | boolean | string> {
  /** What the option may be: a number, a boolean, or one of `words`. It may have `type`, `words` or both. */
  readonly type?: 'number' | 'boolean'
  readonly words?: readonly Extract<Value, string>[]
  /** Its value when it isn't given, the same as in code. An option without a default must be given. */
  readonly default?: Value
  readonly help: string
}

/**
 * A member of a list from which settings files and command lines choose by name: a line of help, its options, and `make`,
 * which makes it from their values. A package's lists are in its `src/choices.ts`, one line a member.
 */
export interface Choice<Made, Options extends object = object, Context = void> {
  readonly help: string
  readonly options: Readonly<Record<string, ChoiceOption>> & {
    readonly [Name in keyof Options]-?: ChoiceOption<NonNullable<Options[Name]>>
  }
  /** What `make` uses of the context, such as data or a fetched network. `makeChosen` checks that it is there. */
  readonly needs?: readonly (keyof Context)[]
  make(options: Options, context: Context): Made
}

/** The names of a member's options, for `checkOptions`: those without a default are required. */
export function optionNames<Options extends object>({
  options,
}: Pick<Choice<unknown, Options, never>, 'options' | 'make'>): OptionNames<Options> {
  const needs = Object.entries(options).map(([name, option]) => [
    name,
    (option as ChoiceOption).default === undefined ? 'required' : 'optional',
  ])
  return Object.fromEntries(needs) as OptionNames<Options>
}

/** The name of a member and its options, as a settings file holds them. */
export type Chosen = { readonly name: string } & Readonly<Record<string, unknown>>

/** Make the chosen member of a list. Throws if the list doesn't have it, or if the context lacks something that it needs. */
export function makeChosen<Made, Context>(
  where: string,
  list: Readonly<Record<string, Choice<Made, object, Context>>>,
  chosen: Chosen,
  context: Partial<Context> = {},
): Made {
  checkKind(where, 'the choice', chosen, 'an object with a name', ['name'])
  const { name, ...options } = chosen
  checkOneOf(where, 'name', name, Object.keys(list))
  const choice = list[name]!
  for (const need of choice.needs ?? [])
    if (context[need] === undefined)
      throw new TypeError(`${where}: ${String(need)} must be given for ${name}, got undefined.`)
  const names = Object.entries(choice.options).map(([option, { default: value }]) => [
    option,
    value === undefined ? 'required' : 'optional',
  ])
  checkOptions(where, options, Object.fromEntries(names), `options of ${name}`)
  return choice.make(options, context as Context)
}
