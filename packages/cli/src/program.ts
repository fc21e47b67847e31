import { Command } from 'commander'
import { convertCommand } from './commands/convert.js'
import { doctorCommand } from './commands/doctor.js'
import { fidCommand } from './commands/fid.js'
import { initCommand } from './commands/init.js'
import { invertCommand } from './commands/invert.js'
import { pairsCommand } from './commands/pairs.js'
import { reportCommand } from './commands/report.js'
import { sampleCommand } from './commands/sample.js'
import { trainCommand } from './commands/train.js'
import { translateCommand } from './commands/translate.js'
import { explain } from './explain.js'
import { description, version } from './version.js'

const commands = [
  initCommand,
  convertCommand,
  pairsCommand,
  trainCommand,
  sampleCommand,
  invertCommand,
  translateCommand,
  fidCommand,
  reportCommand,
  doctorCommand,
]

/** A usage error repeats the value that was given, which may be a list of any length. */
const LONG_VALUE = /'([^']{200})[^']+'/g

class Program extends Command {
  override async parseAsync(...args: Parameters<Command['parseAsync']>): Promise<this> {
    let called: Command | undefined
    this.hook('preAction', (_, command) => {
      called = command
    })
    try {
      return await super.parseAsync(...args)
    } catch (error) {
      throw explain(error, called)
    }
  }
}

/** The command `rectified-flow` with all its subcommands. If one fails, its promise rejects with an error for people. */
export function createProgram(): Command {
  const program = new Program('rectified-flow')
    .description(description)
    .version(version)
    .showHelpAfterError('(--help lists the options)')
    .configureOutput({ outputError: (text, write) => write(text.replace(LONG_VALUE, "'$1...'")) })
  for (const make of commands) program.addCommand(make().copyInheritedSettings(program))
  return program
}
