// Finds the direction in the noise of faces that gives them a hat, writes it to src/pixels/hat.json, and measures it:
//
//   pnpm --filter @rectified-flow/example-playground hat     five minutes on two cores; needs built packages
//
// A hat is no class of the networks. The direction is the mean noise of 768 faces with a hat, less that of 768 without. For each
// strength it prints two shares of 512 faces, read by the measuring network: those with a hat, and those that still show their
// class. The faces are drawn from Gaussian noise, and from the noise of faces of the test split that have no hat.
import { writeFile } from 'node:fs/promises'
import { useBackend } from '@rectified-flow/backends'
import { createRng, oneHot } from '@rectified-flow/core'
import { attributesOfLogits, drawFaces, faceAttributes, faceClass } from '@rectified-flow/datasets/node'
import { readFaceFeatures } from '@rectified-flow/eval-fid/node'
import { loadFlow } from '@rectified-flow/flow/node'
import { invert, sample } from '@rectified-flow/reflow'
import { edmVelocity, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { textToWeights, weightsToText } from './src/plane/series-text.js'

const FACES = 768
const MEASURED = 512
const STRENGTHS = [0, 1, 2, 2.5, 3]
const AT_ONCE = 128
const SHAPE = [16, 16, 3] as const

interface Numbered {
  number: number
  label: number
}

await useBackend()
const [teacher, student] = [(await loadFlow('face-teacher')).net, (await loadFlow('faces')).net]
const features = await readFaceFeatures()
const rng = createRng(1)

/** The first faces of a split with a hat, or without. */
async function find(split: 'train' | 'test', hat: 'yes' | 'no', count: number): Promise<Numbered[]> {
  const all = await faceAttributes({ split, count: 20_000 }) // a hat is on one in twenty
  const fitting = [...all.entries()].filter(([, shown]) => shown.hat === hat)
  return fitting.slice(0, count).map(([number, shown]) => ({ number, label: faceClass(shown) }))
}

/** The noises of faces [N,16,16,3], each found for the face's own class. */
async function noisesOf(net: UNet, split: 'train' | 'test', faces: Numbered[], steps: number) {
  const parts: tf.Tensor4D[] = []
  for (let at = 0; at < faces.length; at += AT_ONCE) {
    const some = faces.slice(at, at + AT_ONCE)
    const images: tf.Tensor4D[] = []
    for (const { number } of some) {
      const face = await drawFaces({ split, count: 1, first: number })
      images.push(tf.tidy(() => tf.clone(face.batch([0]).x)))
    }
    parts.push(
      tf.tidy(() => {
        const x = tf.concat(images)
        const field = edmVelocity(net, { classLabels: labelsOf(some) })
        return invert(field, x, { noise: rng.normal(x.shape) as tf.Tensor4D, steps, compile: false }).z
      }),
    )
    tf.dispose(images)
  }
  return tf.concat(parts)
}

const labelsOf = (faces: readonly Pick<Numbered, 'label'>[]) =>
  oneHot(
    faces.map(({ label }) => label),
    8,
  )

/** The percentages of faces, drawn in one call, that have a hat, and that show their class. */
async function shares(z: tf.Tensor4D, faces: readonly Pick<Numbered, 'label'>[]): Promise<string> {
  let [hats, right] = [0, 0]
  for (let at = 0; at < faces.length; at += AT_ONCE) {
    const some = faces.slice(at, at + AT_ONCE)
    const logits = tf.tidy(() => {
      const field = edmVelocity(student, { classLabels: labelsOf(some) })
      return features.logits(sample(field, tf.slice(z, at, some.length), { compile: false }).x)
    })
    const read = await attributesOfLogits(logits)
    logits.dispose()
    hats += read.filter(({ hat }) => hat === 'yes').length
    right += read.filter((shown, i) => faceClass(shown) === some[i]!.label).length
  }
  const percent = (count: number) => `${((100 * count) / faces.length).toFixed(1)} %`
  return `hat ${percent(hats)}, class ${percent(right)}`
}

const [withHat, without] = [await find('train', 'yes', FACES), await find('train', 'no', FACES)]
const [hats, bare] = [
  await noisesOf(teacher, 'train', withHat, 32),
  await noisesOf(teacher, 'train', without, 32),
]
const found = tf.tidy(() => tf.sub(tf.mean(hats, 0), tf.mean(bare, 0)))
const text = weightsToText((await found.data()) as Float32Array)
await writeFile(new URL('src/pixels/hat.json', import.meta.url), `${JSON.stringify({ text })}\n`)

const direction = tf.tensor(textToWeights(text, found.size)!, [...SHAPE]) // as the page has it, a byte a number
console.log(`length of the direction: ${(await tf.norm(direction).data())[0]!.toFixed(2)}`)
const classes = (await faceAttributes({ split: 'test', count: MEASURED })).map(shown => ({
  label: faceClass(shown),
}))
const real = await find('test', 'no', MEASURED)
const gaussian = rng.normal([MEASURED, ...SHAPE]) as tf.Tensor4D
const inverted = await noisesOf(student, 'test', real, 8) // as the page inverts a drawing
for (const strength of STRENGTHS) {
  const given = (z: tf.Tensor4D) => tf.tidy(() => tf.add(z, tf.mul(direction, strength)) as tf.Tensor4D)
  const [drawn, again] = [given(gaussian), given(inverted)]
  console.log(
    `strength ${strength}: Gaussian noise: ${await shares(drawn, classes)}; real faces: ${await shares(again, real)}`,
  )
  tf.dispose([drawn, again])
}
