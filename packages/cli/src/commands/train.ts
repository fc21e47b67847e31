import type { BackendName } from '@rectified-flow/backends'
import { premetrics } from '@rectified-flow/losses-lpips-huber'
import { couplings } from '@rectified-flow/reflow'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import { backendOption } from '../backend-option.js'
import { choiceHelp } from '../choice-help.js'
import { resolutionOption } from '../resolution-option.js'
import { type Assignment, setOption } from '../set-option.js'
import { readTrainConfig } from '../train-config.js'

interface Flags {
  out: string
  resume: 'auto' | 'must' | 'never'
  resolution?: number
  set?: Assignment[]
  printConfig?: boolean
  backend?: BackendName
}

/** `rectified-flow train CONFIG`: a training run in a folder, which goes on where it stopped. */
export function fillTrain(command: Command): Command {
  return command
    .argument('<config>', 'YAML or JSON; --print-config shows every value')
    .option('--out <folder>', 'folder of the run: checkpoints, metrics, previews, TensorBoard', 'runs/train')
    .addOption(
      new Option('--resume <when>', 'go on with the run in the folder')
        .choices(['auto', 'must', 'never'])
        .default('auto'),
    )
    .addOption(resolutionOption())
    .addOption(setOption())
    .option('--print-config', 'show the configuration with every default, and do nothing')
    .addOption(backendOption())
    .addHelpText('after', lists)
    .action(run)
}

/** The members that `timesteps`, `premetric` and `coupling` of a configuration may name. */
const lists = () =>
  [
    choiceHelp('timesteps', timestepDistributions),
    choiceHelp('premetric', premetrics),
    choiceHelp('coupling', couplings),
  ]
    .map(list => `\n${list}`)
    .join('\n')

async function run(path: string, { set = [], resolution, printConfig, ...flags }: Flags): Promise<void> {
  const resized = resolution === undefined ? [] : [{ path: ['coupling', 'resolution'], value: resolution }]
  const config = await readTrainConfig(path, [...set, ...resized])
  if (printConfig) return console.log(stringify(config).trimEnd())
  const { trainRun } = await import('../train-run.js') // what reads images and writes checkpoints takes a while to load
  await trainRun(config, flags)
}
