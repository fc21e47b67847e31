import type { Command } from 'commander'

/** Advice in the words of functions, and in those of commands. */
const ADVICE: readonly (readonly [string, string])[] = [
  [
    'Run verify().',
    '`rectified-flow pairs verify` names all such files; the command that made the store makes them again with --verify.',
  ],
  ['Make them with createPairStore and write().', 'The command that made the store makes them.'],
]

/**
 * An error in the words of the command that was called. The libraries' errors advise in the words of their functions,
 * `Pass allowJpeg: true` or `Choose one with prefix`; a command that has such an option calls it `--allow-jpeg` or `--prefix`.
 * An error of the system that no reader or writer has explained, such as that of a full disk, gets our form.
 */
export function explain(error: unknown, command: Command | undefined): unknown {
  if (!(error instanceof Error)) return error
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (code && syscall && error.message.startsWith(code))
    error.message = `'${path ?? 'a file'}' must be usable, got ${code} from ${syscall}.`
  for (const [ours, theirs] of ADVICE) error.message = error.message.replace(ours, theirs)
  for (const option of command?.options ?? []) {
    const advice = new RegExp(`\\b(pass|raise|choose one with) ${option.attributeName()}\\b(: true|:)?`, 'gi')
    error.message = error.message.replace(advice, (_, verb) => `${verb} ${option.long}`)
  }
  return error
}
