import { Command } from 'commander'
import { explain } from './explain.js'
import { description, version } from './version.js'

/** Adds to a command its arguments, its options and what it does. */
type Fill = (command: Command) => Command

/** The commands. The code of one is loaded when it is called: some need libraries that take a second to load. */
const commands: Readonly<Record<string, { help: string; load(): Promise<Fill> }>> = {
  init: {
    help: 'write a configuration for `train`, with a line about each value',
    load: async () => (await import('./commands/init.js')).fillInit,
  },
  convert: {
    help: 'show what a weights file holds, and write it as safetensors',
    load: async () => (await import('./commands/convert.js')).fillConvert,
  },
  pairs: {
    help: 'pairs of noise and image: let a teacher make them, or invert real images',
    load: async () => (await import('./commands/pairs.js')).fillPairs,
  },
  train: {
    help: 'train a flow on pairs (Reflow) or on data (a 1-rectified flow)',
    load: async () => (await import('./commands/train.js')).fillTrain,
  },
  sample: {
    help: 'draw images with a network',
    load: async () => (await import('./commands/sample.js')).fillSample,
  },
  invert: {
    help: 'find the noise that a flow takes to given images; `sample --noise` draws them again',
    load: async () => (await import('./commands/invert.js')).fillInvert,
  },
  translate: {
    help: 'redraw images of one class as another, through the noise that they share',
    load: async () => (await import('./commands/translate.js')).fillTranslate,
  },
  export: {
    help: 'write a network with its sampler as an ONNX model, for other programs',
    load: async () => (await import('./commands/export.js')).fillExport,
  },
  fid: {
    help: 'measure images: FID, KID, precision and recall, inception score',
    load: async () => (await import('./commands/fid.js')).fillFid,
  },
  report: {
    help: 'make one self-contained HTML page of a training run: curves, samples, trajectories, settings',
    load: async () => (await import('./commands/report.js')).fillReport,
  },
  doctor: {
    help: 'show the backends of this machine, which one is chosen and why, and how fast it is',
    load: async () => (await import('./commands/doctor.js')).fillDoctor,
  },
}

/** A usage error repeats the value that was given, which may be a list of any length. */
const LONG_VALUE = /'([^']{200})[^']+'/g

class Program extends Command {
  override async parseAsync(
    argv: readonly string[] = process.argv,
    options?: Parameters<Command['parseAsync']>[1],
  ): Promise<this> {
    await this.#fill(options?.from === 'user' ? argv : argv.slice(2))
    let called: Command | undefined
    this.hook('preAction', (_, command) => {
      called = command
    })
    try {
      return await super.parseAsync(argv, options)
    } catch (error) {
      throw explain(error, called)
    }
  }

  /** Load the command that is called, or whose help is asked for. The program's own options have no values. */
  async #fill(words: readonly string[]): Promise<void> {
    const [first, second] = words.filter(word => !word.startsWith('-'))
    const name = first === 'help' ? second : first
    const command = this.commands.find(one => one.name() === name)
    if (command) inherit((await commands[command.name()]!.load())(command))
  }
}

/** Subcommands report usage errors as the command above them does. */
function inherit(command: Command): void {
  for (const sub of command.commands) inherit(sub.copyInheritedSettings(command))
}

/** The command `rectified-flow` with all its subcommands. If one fails, its promise rejects with an error for people. */
export function createProgram(): Command {
  const program = new Program('rectified-flow')
    .description(description)
    .version(version)
    .showHelpAfterError('(--help lists the options)')
    .configureOutput({ outputError: (text, write) => write(text.replace(LONG_VALUE, "'$1...'")) })
  for (const [name, { help }] of Object.entries(commands)) program.command(name).description(help)
  return program
}
