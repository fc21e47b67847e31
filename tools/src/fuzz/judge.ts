/** The house's form: where, what, the rule, what was found. */
const HOUSE = /^[\w-]+(\.[#\w]+)+: .+ must .+, got .+/s
const LONGEST = 1000

/** What is wrong with how a reader refused its input; undefined if its error helps a user. */
export function problemOf(error: unknown, folder: string, names: Iterable<string>): string | undefined {
  if (!(error instanceof Error)) return `threw ${typeof error}`
  const { message } = error
  const named = message.includes(folder) || [...names].some(name => message.includes(name))
  const text = `${error.name}: ${message.slice(0, 200)}`
  if (!HOUSE.test(message) && !named) return `an error without a name: ${text}`
  if (message.length > LONGEST) return `a message of ${message.length} characters: ${text}`
  return undefined
}
