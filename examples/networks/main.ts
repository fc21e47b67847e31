// Trains the small networks that the packages ship: those that measure (eval-fid/weights) see images as they are; those of
// perceptual losses (losses-lpips-huber/weights), which are of another architecture, see them blurred and noisy, as a loss
// does. Each file gets a card that says how it was made.
//
//   pnpm --filter @rectified-flow/example-networks start NAME
//   (digit-features, small-digit-features, digit-perception, clean-digit-perception, face-features, face-perception)
//
// 3 to 10 minutes each on a core with tfjs-node.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { saveSmallResNet, smallResNet } from '@rectified-flow/eval-fid'
import { calibrateHeads, createSmallVgg, pseudoHuber, saveSmallVgg } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import { accuracies, trainClassifier } from './classifier.js'
import { degraded, noised } from './distort.js'
import { NETWORKS } from './networks.js'

const SEED = 1

const name = process.argv[2] ?? ''
const network = NETWORKS[name]
if (!network)
  throw new RangeError(
    `networks: the argument must be one of ${Object.keys(NETWORKS).join(', ')}, got '${name}'.`,
  )

process.env.TF_NUM_INTRAOP_THREADS ??= '1'
const { name: backend } = await useBackend('node')
const { kind, steps, batch, learningRate, widths } = network
const rng = createRng(SEED).fork(name)
const train = await network.examples('train')
const test = await network.examples('test')
const { height, channels } = train[0]!.data
const classes = train[0]!.answers.reduce((a, b) => a + b, 0)
const sizes = { channels, classes, widths, rng: rng.fork('weights') }
const measures = kind === 'measuring'
const net = measures ? smallResNet({ ...sizes, size: height }) : createSmallVgg(sizes)
const { augment } = network
const seesNoise = !measures && !network.clean
await trainClassifier(net, train, {
  rng: rng.fork('data'),
  steps,
  batch,
  learningRate,
  distort: (x, rng) => (seesNoise ? degraded(augment(x, rng), rng.fork('degraded')) : augment(x, rng)),
  log: line => console.log(`${name}: ${line}`),
})

const lines: string[] = []
for (const set of test) {
  const side = `${set.data.height}x${set.data.width}`
  const say = (found: number[]) => found.map((share, i) => `${network.questions[i]} ${(100 * share).toFixed(2)} %`).join(', ') // biome-ignore format: one line
  lines.push(`| test images, ${side} | ${say(await accuracies(net, set))} |`)
  if (measures) continue
  for (const sigma of [0.3, 1]) {
    const noise = rng.fork(`test noise ${sigma}`)
    const noisy = (x: tf.Tensor4D) => noised(x, new Float32Array(x.shape[0]).fill(sigma), noise)
    lines.push(`| with noise of deviation ${sigma} | ${say(await accuracies(net, set, noisy))} |`)
  }
}

let bytes: Uint8Array
if ('freeze' in net) {
  const frozen = net.freeze()
  const { data } = train[0]!
  const pick = (key: string) => data.batch(rng.fork(key).integers(1000, data.count)).x
  const [a, b] = [pick('a'), pick('b')]
  const [huber] = await tf.mean(pseudoHuber()(a, b)).data()
  bytes = await saveSmallVgg(net.freeze(calibrateHeads(frozen.features, a, b)))
  lines.push(
    `| heads | every layer counts the same; the mean distance of unrelated images is 1, with pseudo-Huber it is ${huber!.toFixed(4)} |`,
  )
} else bytes = await saveSmallResNet(net)

const folder = network.clean ? 'runs' : `packages/${measures ? 'eval-fid' : 'losses-lpips-huber'}/weights`
const path = fileURLToPath(new URL(`../../${folder}/${name}.safetensors`, import.meta.url))
await mkdir(dirname(path), { recursive: true })
await writeFile(path, bytes)
await writeFile(
  path.replace('.safetensors', '.md'),
  `# ${network.title}

| | |
| --- | --- |
| data | ${network.data}${seesNoise ? '; blurred and with noise at all levels' : ''} |
| task | ${network.questions.join(', ')}; cross entropy |
| settings | Adam, learning rate ${learningRate} falling as a cosine, ${steps} steps of batch ${batch}, widths ${JSON.stringify(widths)} |
| seed, backend | ${SEED}, ${backend} |
${lines.join('\n')}
| made by | \`pnpm --filter @rectified-flow/example-networks start ${name}\` |
`,
)
console.log(`${path}: ${bytes.length} bytes\n${lines.join('\n')}`)
