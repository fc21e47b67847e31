import { createRequire } from 'node:module'
import { Command } from 'commander'
import { doctorCommand } from './commands/doctor.js'

const { version, description } = createRequire(import.meta.url)('../package.json') as {
  version: string
  description: string
}

/** The command `rectified-flow` with all that it can do. A command that fails rejects with an error for people. */
export function createProgram(): Command {
  return new Command('rectified-flow')
    .description(description)
    .version(version)
    .showHelpAfterError('(--help lists the options)')
    .addCommand(doctorCommand())
}
