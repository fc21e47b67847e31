import { checkOneOf } from './checks.js'

/** An option as a settings file or a command line knows it, where there are no functions and no tensors. */
export interface ChoiceOption<Value = number | boolean | string> {
  /** What it may be: a number, or true and false; or, by `words` alone or beside, one of these. */
  readonly type?: 'number' | 'boolean'
  readonly words?: readonly Extract<Value, string>[]
  /** What it is where it isn't given, as in code. An option without a default has to be given. */
  readonly default?: Value
  readonly help: string
}

/**
 * A member of a list from which settings files and command lines choose by name: what it is, its options, and what makes
 * it of them. A package's lists stand in its `src/choices.ts`, one line a member.
 */
export interface Choice<Made, Options extends object = object, Context = void> {
  readonly help: string
  readonly options: Readonly<Record<string, ChoiceOption>> & {
    readonly [Name in keyof Options]-?: ChoiceOption<NonNullable<Options[Name]>>
  }
  /** What of the context it uses, which is then there: data, say, or a network that has to be fetched. */
  readonly needs?: readonly (keyof Context)[]
  make(options: Options, context: Context): Made
}

/** A member by its name, with its options: what a settings file holds of it. */
export type Chosen = { readonly name: string } & Readonly<Record<string, unknown>>

/** Make the member of a list that was chosen; throws where the list or the context lacks what it needs. */
export function makeChosen<Made, Context>(
  where: string,
  list: Readonly<Record<string, Choice<Made, object, Context>>>,
  { name, ...options }: Chosen,
  context: Partial<Context> = {},
): Made {
  checkOneOf(where, 'name', name, Object.keys(list))
  const choice = list[name]!
  for (const need of choice.needs ?? [])
    if (context[need] === undefined)
      throw new TypeError(`${where}: ${String(need)} must be given for ${name}, got undefined.`)
  return choice.make(options, context as Context)
}
