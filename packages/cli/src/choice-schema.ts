import type { Choice, ChoiceOption, Chosen } from '@rectified-flow/core'
import * as z from 'zod'

export type ChoiceList = Readonly<Record<string, Pick<Choice<unknown>, 'options'>>>

/**
 * The schema of one member of a list: its name alone, or an object with its name and options. It fills in the defaults.
 *
 * @param beside  keys that every member has besides its options
 */
export function choiceSchema<Beside extends z.ZodRawShape>(list: ChoiceList, beside?: Beside) {
  const members = Object.entries(list).map(([name, { options }]) => {
    const shape = Object.entries(options).map(([key, option]) => [key, optionSchema(option)])
    return z.strictObject({ name: z.literal(name), ...beside, ...Object.fromEntries(shape) })
  })
  const [first, ...rest] = members as [z.ZodObject, ...z.ZodObject[]]
  const union = z.discriminatedUnion('name', [first, ...rest], {
    error: `must be one of ${Object.keys(list).join(', ')}`,
  })
  const named = (value: unknown) => (typeof value === 'string' ? { name: value } : value)
  return z.preprocess(named, union) as unknown as z.ZodType<Chosen & z.infer<z.ZodObject<Beside>>>
}

function optionSchema({ type, words, default: value }: ChoiceOption): z.ZodType {
  const kinds: z.ZodType[] = []
  if (type === 'number') kinds.push(z.number())
  if (type === 'boolean') kinds.push(z.boolean())
  if (words) kinds.push(z.enum(words))
  const schema =
    kinds.length > 1 ? z.union(kinds, { error: `must be a ${type} or one of ${words}` }) : kinds[0]!
  return value === undefined ? schema : schema.default(value)
}
