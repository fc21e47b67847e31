import { reportHtml } from '../../../../packages/cli/src/report/report-html.js'
import { readTrainConfig } from '../../../../packages/cli/src/train-config.js'
import { bytesOf, type Files } from '../files/files.js'
import { pngChunks, pngFile } from '../files/png-file.js'
import { mutateJson, mutateText } from '../mutate/mutate-text.js'
import { oneFile } from '../one-file.js'
import type { Target } from '../target.js'

const lines = [
  {
    kind: 'train',
    step: 100,
    steps: 100,
    skipped: 0,
    loss: 0.5,
    gradientNorm: null,
    learningRate: 1e-3,
    msPerStep: 12.5,
    lossByTime: [0.1, null, 0.3],
  },
  {
    kind: 'preview',
    step: 100,
    scalars: { straightness: 0.1 },
    images: { '1-step': 'previews/step-000000100/1-step.png' },
  },
]
const run: Files = new Map([
  ['settings.json', bytesOf(JSON.stringify({ rate: 0.1, network: { preset: 'cifar10' }, list: [1, 2] }))],
  ['metrics.jsonl', bytesOf(lines.map(line => `${JSON.stringify(line)}\n`).join(''))],
  [
    'previews/step-000000100/1-step.png',
    pngFile(pngChunks({ width: 4, height: 4, depth: 8, colour: 2, interlace: 0 })),
  ],
])

const settings = `network: { preset: cifar10, dropout: 0.13 }
coupling: { data: images, name: independent }
recipe: F
timesteps: { name: uniform }
premetric: { name: squaredL2 }
steps: 1000
batch: 128
learningRate: 2.0e-4
seed: 0
`

export const runTargets: readonly Target[] = [
  {
    name: 'report',
    share: 6,
    prepare: async () => ({
      valid: [run],
      mutate(dice) {
        const path = dice.pick([...run.keys()].slice(0, 2))
        if (path === 'settings.json') return new Map(run).set(path, mutateJson(run.get(path)!, dice))
        const at = dice.below(lines.length)
        const texts = lines.map(line => bytesOf(JSON.stringify(line)))
        const changed = texts.with(at, mutateJson(texts[at]!, dice))
        return new Map(run).set(path, Buffer.concat(changed.flatMap(line => [line, bytesOf('\n')])))
      },
    }),
    async read(folder) {
      const page = await reportHtml(folder)
      if (page.includes('<script>')) throw new Error('a script in the page')
    },
  },
  oneFile({
    name: 'settings',
    share: 6,
    path: 'train.yaml',
    valid: [bytesOf(settings)],
    mutate: mutateText,
    read: (_, path) => readTrainConfig(path),
  }),
]
