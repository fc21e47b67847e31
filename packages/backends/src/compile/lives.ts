/** The first and the last command that uses a piece of memory. */
export interface Life {
  first: number
  last: number
}

/**
 * From which command to which each piece of memory is in use.
 *
 * @param usedBy  what a command reads or writes
 * @param inputs  what is filled before the first command
 */
export function livesOf<Command, Memory>(
  commands: readonly Command[],
  usedBy: (command: Command) => readonly Memory[],
  inputs: readonly Memory[] = [],
): Map<Memory, Life> {
  const lives = new Map<Memory, Life>(inputs.map(input => [input, { first: -1, last: -1 }]))
  for (const [i, command] of commands.entries())
    for (const memory of usedBy(command)) {
      const life = lives.get(memory)
      if (life) life.last = i
      else lives.set(memory, { first: i, last: i })
    }
  return lives
}
