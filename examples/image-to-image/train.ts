// Trains the digit translator, a class-conditional 2-rectified flow on real MNIST digits, from the shipped digit teacher.
// Writes packages/flow/weights/digit-translator.safetensors and its card. Killed and started again, it goes on from
// runs/digit-translator.
//
//   pnpm --filter @rectified-flow/example-image-to-image train
//
// About half an hour on one idle core with wasm.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import { saveUNet } from '@rectified-flow/unet'
import { readDigits } from './digits.js'
import { countTranslated } from './translate-digits.js'
import { type TranslatorSettings, trainTranslator } from './translator.js'

const SETTINGS: TranslatorSettings = {
  seed: 3,
  teacher: {
    recipe: 'B',
    steps: 2800,
    batch: 64,
    learningRate: 2e-3,
    warmup: 50,
    emaDecay: 0.99,
    dropLabelsFrom: 1600,
  },
  pairs: { count: 2560, steps: 12, seed: 4, guidance: 3 },
  reflow: { recipe: 'C', steps: 800, batch: 64, learningRate: 1e-3, warmup: 20, emaDecay: 0.98 },
  saveEvery: 100,
}

const root = new URL('../../', import.meta.url)
const weights = fileURLToPath(new URL('packages/flow/weights/', root))
const { name: backend } = await useBackend('wasm')
const base = await readFile(`${weights}digit-teacher.safetensors`)
const folder = fileURLToPath(new URL('runs/digit-translator', root))
const { net, ema } = await trainTranslator(base, await readDigits('train'), SETTINGS, folder, console.log)
const { right, of } = await countTranslated(
  net.withWeights(ema),
  await readDigits('test'),
  await readDigitFeatures(),
  4,
)
console.log(`${right} of ${of} translations are read as the digit asked for`)

const count = [...net.weights.values()].reduce((sum, weight) => sum + weight.size, 0)
await writeFile(`${weights}digit-translator.safetensors`, await saveUNet(net, { weights: ema }))
await writeFile(
  `${weights}digit-translator.md`,
  `# Digit translator: a class-conditional 2-rectified flow on MNIST

| | |
| --- | --- |
| network | SongUNet (DDPM++), ${count.toLocaleString('en')} weights, ${JSON.stringify(net.config)}; EDM preconditioning, sigmaData 0.5 |
| start | digit-teacher.safetensors; the first layers of the embedding are random |
| data | MNIST, 60,000 training images [28,28,1] in [-1,1], with labels |
| training | ${JSON.stringify(SETTINGS)}; the file holds the moving average |
| backend | ${backend} |
| accuracy | ${right} of ${of} translations of test images (4 + 2 network calls) are read as the digit asked for by digit-features |
| made by | \`pnpm --filter @rectified-flow/example-image-to-image train\` |
`,
)
