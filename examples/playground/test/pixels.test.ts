import { FACE_CLASSES } from '@rectified-flow/datasets/node'
import { expect, it } from 'vitest'
import { momentsOf, momentsText } from '../src/pixels/bell.js'
import { COLOURS, signedColour } from '../src/pixels/colours.js'
import { FACE_CLASSES as COUNT, classChoice, classText, faceClass } from '../src/pixels/face-choices.js'
import { joined, mapWeights, mixNoise, parted, sphereWeights } from '../src/pixels/latent.js'
import { halved, likeMnist } from '../src/pixels/like-mnist.js'

/** Ink of a filled rectangle in 28x28. */
const rectangle = (left: number, top: number, width: number, height: number) =>
  Float32Array.from({ length: 28 * 28 }, (_, i) => {
    const [x, y] = [(i % 28) - left, Math.floor(i / 28) - top]
    return x >= 0 && x < width && y >= 0 && y < height ? 1 : 0
  })

function placeOf(image: Float32Array) {
  const mass = image.reduce((sum, level) => sum + level, 0)
  const mean = (of: (i: number) => number) => image.reduce((sum, level, i) => sum + level * of(i), 0) / mass
  const inked = [...image.keys()].filter(i => image[i]! > 0.5).map(i => Math.floor(i / 28))
  return {
    x: mean(i => (i % 28) + 0.5),
    y: mean(i => Math.floor(i / 28) + 0.5),
    height: 1 + Math.max(...inked) - Math.min(...inked),
  }
}

it.each([
  ['small, in a corner', rectangle(1, 1, 2, 8)],
  ['as large as the pad', rectangle(0, 0, 10, 28)],
  ['lopsided', rectangle(3, 4, 4, 15).map((level, i) => Math.max(level, rectangle(3, 17, 12, 4)[i]!))],
])('prepares a drawing as MNIST does: %s', (_, ink) => {
  const { x, y, height } = placeOf(likeMnist(ink)!)
  expect(Math.abs(x - 14)).toBeLessThan(0.15)
  expect(Math.abs(y - 14)).toBeLessThan(0.15)
  expect(Math.abs(height - 20)).toBeLessThanOrEqual(1)
})

it('softens edges, keeps a digit that is right already, and gives nothing for an empty pad', () => {
  const right = rectangle(10, 4, 8, 20)
  const kept = likeMnist(right)!
  expect(Math.max(...kept.map((level, i) => Math.abs(level - right[i]!)))).toBeLessThan(0.3)
  expect(kept.some(level => level > 0.1 && level < 0.9)).toBe(true)
  expect(likeMnist(new Float32Array(28 * 28))).toBeUndefined()
})

it('halves a digit: each pixel the mean of 2x2', () => {
  const half = halved(rectangle(0, 0, 3, 2))
  expect([...half.slice(0, 3)]).toEqual([1, 0.5, 0])
  expect(half.slice(3).every(level => level === 0)).toBe(true)
})

it('mixes noises with weights whose squares sum to 1, and gives a corner its own noise', () => {
  for (const weights of [mapWeights({ x: 0.3, y: 0.8 }), sphereWeights({ x: 0.3, y: 0.8 })])
    expect(weights.reduce((sum, weight) => sum + weight ** 2, 0)).toBeCloseTo(1, 12)
  const corners = [1, 2, 3, 4].map(value => Float32Array.of(value))
  const places = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const
  for (const [i, [x, y]] of places.entries())
    expect(mixNoise(corners, mapWeights({ x, y }))[0]).toBeCloseTo(corners[i]![0]!, 6)
  expect(sphereWeights({ x: 1, y: 1 })[0]).toBeCloseTo(sphereWeights({ x: 0, y: 0 })[0]!, 12)
  expect(parted(joined(corners), 1)).toEqual(corners)
})

it('counts the classes of faces as the data do', () => {
  expect(FACE_CLASSES).toHaveLength(COUNT)
  for (const [label, name] of FACE_CLASSES.entries()) {
    expect(classText(label)).toBe(name)
    expect(faceClass(classChoice(label))).toBe(label)
  }
  expect(faceClass({ hair: 'mixed', glasses: 'no', mouth: 'mixed' }, 7)).toBe(5)
})

it('says how Gaussian a noise is', () => {
  expect(momentsOf(Float32Array.of(-3, 1))).toEqual({ mean: -1, deviation: 2 })
  expect(momentsText({ mean: -0.123, deviation: 0.987 })).toBe('mean −0.12, deviation 0.99')
})

it('reads its colours, each of which has a name of its own', () => {
  expect(signedColour('#00ff33')).toEqual([-1, 1, -0.6])
  expect(new Set(COLOURS.map(([name]) => name)).size).toBe(COLOURS.length)
})
