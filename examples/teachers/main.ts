// Trains the teachers that the reflow package ships: 1-rectified flows with a SongUNet (DDPM++) small enough for a plain CPU.
// Writes packages/flow/weights/NAME.safetensors and its card. Killed and started again, it goes on from
// runs/NAME.safetensors.
//
//   pnpm --filter @rectified-flow/example-teachers start digit-teacher        (28x28, a core, wasm: half an hour)
//   pnpm --filter @rectified-flow/example-teachers start small-digit-teacher  (14x14, a core, tfjs-node: 20 minutes)
//   pnpm --filter @rectified-flow/example-teachers start face-teacher         (16x16 in colour, a core, tfjs-node: 45 minutes)
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, Trainer } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { edmVelocity, SongUNet, saveUNet } from '@rectified-flow/unet'
import { TEACHERS } from './teachers.js'

const SEED = 1
const SAVE_EVERY = 250
const EMA_DECAY = 0.999

const name = process.argv[2] ?? ''
const teacher = TEACHERS[name]
if (!teacher)
  throw new RangeError(
    `teachers: the argument must be one of ${Object.keys(TEACHERS).join(', ')}, got '${name}'.`,
  )

const root = new URL('../../', import.meta.url)
const checkpoint = fileURLToPath(new URL(`runs/${name}.safetensors`, root))
const weights = fileURLToPath(new URL(`packages/flow/weights/${name}.safetensors`, root))

process.env.TF_NUM_INTRAOP_THREADS ??= '1' // one thread: rounding then doesn't depend on the number of cores
const { name: backend } = await useBackend(teacher.backend)
const rng = createRng(SEED)
const data = await teacher.data.read()
const { classNames } = data
const hasClasses = (teacher.config.labelDim ?? 0) > 0
const net = new SongUNet(teacher.config, { rng: rng.fork('weights') })
const trainer = new Trainer({
  velocity: (rng, labels) =>
    edmVelocity(net, { training: { rng }, ...(hasClasses && { classLabels: labels }) }),
  weights: net.weights,
  coupling: independentCoupling(data, { rng: rng.fork('pairs') }),
  timesteps: teacher.timesteps.distribution,
  premetric: squaredL2,
  batch: teacher.batch,
  learningRate: teacher.learningRate.schedule,
  emaDecay: () => EMA_DECAY,
  rng: rng.fork('training'),
})
await mkdir(dirname(checkpoint), { recursive: true })
if (existsSync(checkpoint)) await loadTrainer(checkpoint, trainer)

let total = 0
let begin = performance.now()
while (trainer.step < teacher.steps) {
  total += (await trainer.advance()).loss
  if (trainer.step % SAVE_EVERY !== 0 && trainer.step !== teacher.steps) continue
  await saveTrainer(checkpoint, trainer)
  const ms = (performance.now() - begin) / SAVE_EVERY
  const left = ((teacher.steps - trainer.step) * ms) / 60_000
  console.log(`step ${trainer.step}/${teacher.steps}  loss ${(total / SAVE_EVERY).toFixed(4)}  ${ms.toFixed(0)} ms a step, ${left.toFixed(0)} min left`) // biome-ignore format: one line
  total = 0
  begin = performance.now()
}

await writeFile(
  weights,
  await saveUNet(net, {
    weights: trainer.ema,
    classNames: hasClasses ? classNames : undefined,
    dtype: teacher.dtype,
  }),
)
const count = [...net.weights.values()].reduce((sum, weight) => sum + weight.size, 0)
await writeFile(
  weights.replace('.safetensors', '.md'),
  `# ${teacher.title}

| | |
| --- | --- |
| network | SongUNet (DDPM++), ${count.toLocaleString('en')} weights, ${JSON.stringify(teacher.config)}; EDM preconditioning, sigmaData 0.5 |
| data | ${teacher.data.text} |
| training | independent coupling, ${teacher.timesteps.text}, squared L2, ${teacher.steps} steps of batch ${teacher.batch}, learning rate ${teacher.learningRate.text}, moving average ${EMA_DECAY}; the file holds the moving average, ${teacher.dtype} |
| seed, backend | ${SEED}, ${backend} |
| accuracy | see docs/reproduction.md: the rows of the teacher |
| made by | \`pnpm --filter @rectified-flow/example-teachers start ${name}\` |
`,
)
await rm(checkpoint)
console.log(`wrote ${weights}`)
