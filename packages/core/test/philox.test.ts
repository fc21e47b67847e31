import fc from 'fast-check'
import { expect, it } from 'vitest'
import { philox4x32 } from '../src/rng/philox.js'

type Counter = [number, number, number, number]
type Key = [number, number]

const words = (hex: string) => hex.split(' ').map(word => Number.parseInt(word, 16))

function run(counter: Counter, key: Key): number[] {
  const out = new Uint32Array(4)
  philox4x32(counter, key, out)
  return [...out]
}

/** The paper's definition, in integers of any size. */
function slow(counter: Counter, key: Key): number[] {
  const mask = 0xffffffffn
  let [x0, x1, x2, x3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint]
  let [k0, k1] = key.map(BigInt) as [bigint, bigint]
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * x0, 0xcd9e8d57n * x2]
    ;[x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ k0, p1 & mask, (p0 >> 32n) ^ x3 ^ k1, p0 & mask]
    ;[k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask]
  }
  return [x0, x1, x2, x3].map(Number)
}

// Random123 1.14, tests/kat_vectors, the lines of "philox4x32 10".
it.each([
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
])('gives the published words for counter %s', (counter, key, expected) => {
  expect(run(words(counter) as Counter, words(key) as Key)).toEqual(words(expected))
})

it('agrees with the definition for any counter and key', () => {
  const word = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(0, 0xffff, 0x10000, 0xffffffff),
  )
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
      expect(run(counter, key)).toEqual(slow(counter, key))
    }),
    { seed: 1, numRuns: 1000 },
  )
})

it('counts up from block to block, also beyond 32 bits', () => {
  const key: Key = [5, 7]
  const out = new Uint32Array(12)
  philox4x32([0xfffffffe, 3, 2, 1], key, out)
  expect([...out]).toEqual([
    ...slow([0xfffffffe, 3, 2, 1], key),
    ...slow([0xffffffff, 3, 2, 1], key),
    ...slow([0, 4, 2, 1], key),
  ])
})
