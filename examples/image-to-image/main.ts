// Image to image with a class-conditional 2-rectified flow. Real digits of MNIST's test set are inverted to noise under
// their own label (4 network calls), and the noise is drawn under every label (2 calls). A second picture goes from one
// real digit to another along the arc between their noises. Writes translations.png and interpolations.png to
// runs/image-to-image/.
//
//   pnpm --filter @rectified-flow/example-image-to-image start
//
// Less than a minute on a CPU. The package's script `train` makes the weights.
import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import { loadUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { CLASSES, readDigits } from './digits.js'
import { countTranslated, imagesOf, interpolateDigits, translateToAll } from './translate-digits.js'

const out = fileURLToPath(new URL('../../runs/image-to-image/', import.meta.url))
const weights = import.meta.resolve('@rectified-flow/flow/weights/digit-translator.safetensors')
const PER_DIGIT = 2
const COLUMNS = 11

await useBackend('wasm')
await mkdir(out, { recursive: true })
const net = loadUNet(await readFile(new URL(weights)))
const digits = await readDigits('test')

const translations: tf.Tensor4D[] = []
const interpolations: tf.Tensor4D[] = []
for (let digit = 0; digit < CLASSES; digit++) {
  const x = imagesOf(digits, digit, 2 * PER_DIGIT)
  const [a, b] = tf.split(x, 2) as [tf.Tensor4D, tf.Tensor4D]
  translations.push(translateToAll(net, a, digit))
  interpolations.push(interpolateDigits(net, [a, b], digit, COLUMNS))
  tf.dispose([x, a, b])
}
await writePngGrid(`${out}translations.png`, tf.concat(translations), { columns: 1 + CLASSES, scale: 2 })
await writePngGrid(`${out}interpolations.png`, tf.concat(interpolations), { columns: COLUMNS, scale: 2 })
console.log(`wrote ${out}translations.png: a real digit, then its noise drawn as 0 to 9`)
console.log(`wrote ${out}interpolations.png: a real digit, the arc between two noises, another real digit`)
const { right, of } = await countTranslated(net, digits, await readDigitFeatures(), PER_DIGIT)
console.log(`${right} of ${of} translations are read as the digit asked for, by a classifier`)
