// Compares perceptual distances by what they are for: to rank images as people would. Prints a table.
//
//   pnpm --filter @rectified-flow/example-networks rank digits    (or faces)
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import {
  createSmallVgg,
  type ImageDistance,
  perceptualDistance,
  type SmallVgg,
} from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception, readFacePerception } from '@rectified-flow/losses-lpips-huber/node'
import * as tf from '@tensorflow/tfjs-core'
import { NETWORKS } from './networks.js'
import { ranking } from './ranking.js'

const COUNT = 1000
const which = process.argv[2]
if (which !== 'digits' && which !== 'faces')
  throw new RangeError(`rank: the argument must be one of digits, faces, got '${which ?? ''}'.`)
await useBackend('node')

const of = ({ features, heads }: SmallVgg) => perceptualDistance(features, heads ? { heads } : {})
const pixels: ImageDistance = (a, b) => tf.tidy(() => tf.mean(tf.squaredDifference(a, b), [1, 2, 3]))
const trained = of(await (which === 'digits' ? readDigitPerception() : readFacePerception()))
const rng = createRng(7)
const candidates: Record<string, ImageDistance> = {
  'squared L2': pixels,
  'random weights': of(createSmallVgg({ rng, channels: which === 'digits' ? 1 : 3 }).freeze()),
}
const clean = resolve(import.meta.dirname, '../../runs/clean-digit-perception.safetensors')
if (which === 'digits' && existsSync(clean))
  candidates['saw clean images'] = of(await readDigitPerception(clean))
candidates['shipped: saw blur and noise'] = trained
candidates['the same, and squared L2'] = (a, b) => tf.tidy(() => tf.add(trained(a, b), pixels(a, b)))

const [set] = await NETWORKS[which === 'digits' ? 'small-digit-features' : 'face-features']!.examples('test')
const { data } = set!
const labels = data.labels!
const order = rng.permutation(data.count)
/** For each of the first images, the next image in a random order whose class is the same, or is not. */
const partner = (same: boolean) =>
  Array.from(
    { length: COUNT },
    (_, i) => order.find((j, k) => k > i && j !== i && (labels[j] === labels[i]) === same)!,
  )
const first = Array.from({ length: COUNT }, (_, i) => i)
const [x, same, other] = [first, partner(true), partner(false)].map(indices => data.batch(indices).x)
const rows = new Map<string, number[]>()
for (const distance of Object.values(candidates))
  for (const [name, score] of await ranking(distance, {
    x: x!,
    same: same!,
    other: other!,
    rng: createRng(8),
  }))
    rows.set(name, [...(rows.get(name) ?? []), score])
console.log(
  `| order | ${Object.keys(candidates).join(' | ')} |\n| --- |${' ---: |'.repeat(Object.keys(candidates).length)}`,
)
for (const [name, scores] of rows) console.log(`| ${name} | ${scores.map(score => `${(100 * score).toFixed(1)} %`).join(' | ')} |`) // biome-ignore format: one line
