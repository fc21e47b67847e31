import {
  attributesOfLogits,
  drawFaces,
  FACE_ATTRIBUTES,
  FACE_CLASSES,
  type FaceAttribute,
  faceAttributes,
  faceClass,
} from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const names = Object.keys(FACE_ATTRIBUTES) as FaceAttribute[]

/** The colour of a pixel of a face, '#rrggbb'. */
const pixel = (images: Uint8Array, face: number, y: number, x: number) =>
  `#${Buffer.from(images.subarray(face * 768 + (y * 16 + x) * 3).subarray(0, 3)).toString('hex')}`

it('draws what the attributes say', async () => {
  const faces = await drawFaces({ count: 200 })
  expect(faces).toMatchObject({ count: 200, height: 16, width: 16, channels: 3, classNames: FACE_CLASSES })
  expect(faces.images).toHaveLength(200 * 768)
  for (const [i, face] of faces.attributes.entries()) {
    for (const name of names) expect(FACE_ATTRIBUTES[name]).toContain(face[name])
    expect(faces.labels![i]).toBe(faceClass(face))
    // Long hair and shoulders leave the sides of the lower edge; no hat or hair is below the chin's height at the edge.
    expect(pixel(faces.images, i, 15, 0)).toBe(face.backgroundColor)
  }
  const { x, labels } = faces.batch([0, 1, 2])
  expect([x.shape, labels!.shape]).toEqual([
    [3, 16, 16, 3],
    [3, 8],
  ])
})

it('gives a number the same face always, and a split faces of its own', async () => {
  const [all, some] = [await drawFaces({ count: 12 }), await drawFaces({ count: 2, first: 10 })]
  expect(some.images).toEqual(all.images.slice(10 * 768))
  expect(some.attributes).toEqual(all.attributes.slice(10))
  expect(await faceAttributes({ count: 12 })).toEqual(all.attributes)
  const test = await drawFaces({ split: 'test', count: 12 })
  expect(test.images).not.toEqual(all.images)
})

it('has half of the faces with glasses, and all values of all attributes', async () => {
  const faces = await faceAttributes({ count: 4000 })
  const share = (of: (face: (typeof faces)[number]) => boolean) => faces.filter(of).length / 4000
  expect(share(face => face.glasses === 'yes')).toBeCloseTo(0.5, 1)
  expect(share(face => face.hat === 'yes')).toBeCloseTo(0.05, 1)
  for (const name of names)
    for (const value of FACE_ATTRIBUTES[name])
      expect(share(face => face[name] === value)).toBeGreaterThan(0.02)
  for (const i of FACE_CLASSES.keys()) expect(share(face => faceClass(face) === i)).toBeGreaterThan(0.08)
})

it('reads attributes off logits', async () => {
  const faces = await faceAttributes({ count: 20 })
  const rows = faces.map(face =>
    names.flatMap(name => FACE_ATTRIBUTES[name].map(value => Number(value === face[name]))),
  )
  expect(await attributesOfLogits(tf.tensor2d(rows))).toEqual(faces)
  await expect(attributesOfLogits(tf.zeros([1, 43]))).rejects.toThrow(
    'datasets.attributesOfLogits: logits must have shape [N,46]',
  )
})

it('names its classes', () => {
  expect(FACE_CLASSES[faceClass({ hair: 'long', glasses: 'yes', mouth: 'sad' })]).toBe(
    'sad, long hair, glasses',
  )
  expect(FACE_CLASSES[faceClass({ hair: 'short', glasses: 'no', mouth: 'happy' })]).toBe('happy, short hair')
  expect(new Set(FACE_CLASSES).size).toBe(8)
})

it.each([
  [{ count: 0 }, 'datasets.drawFaces: count must be an integer >= 1, got 0.'],
  [{ count: 1, split: 'all' as never }, "datasets.drawFaces: split must be one of train, test, got 'all'."],
  [{ count: 1, first: -1 }, 'datasets.drawFaces: first must be an integer >= 0, got -1.'],
])('refuses %j', async (options, message) => {
  await expect(drawFaces(options)).rejects.toThrow(message)
})
