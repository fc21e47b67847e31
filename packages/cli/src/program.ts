import { Command } from 'commander'
import { convertCommand } from './commands/convert.js'
import { doctorCommand } from './commands/doctor.js'
import { fidCommand } from './commands/fid.js'
import { invertCommand } from './commands/invert.js'
import { pairsCommand } from './commands/pairs.js'
import { reportCommand } from './commands/report.js'
import { sampleCommand } from './commands/sample.js'
import { trainCommand } from './commands/train.js'
import { translateCommand } from './commands/translate.js'
import { explain } from './explain.js'
import { description, version } from './version.js'

const commands = [
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
  for (const make of commands) program.addCommand(make().copyInheritedSettings(program))
  return program
}
