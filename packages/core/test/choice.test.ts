import { type Choice, makeChosen } from '@rectified-flow/core'
import { expect, it } from 'vitest'

interface Context {
  base: number
  unused: number
}

const sum: Choice<number, { add?: number }, Context> = {
  help: 'a number more',
  options: { add: { type: 'number', default: 1, help: 'how much' } },
  needs: ['base'],
  make: ({ add = 1 }, { base }) => base + add,
}
const two: Choice<number> = { help: 'always 2', options: {}, make: () => 2 }

it('makes the chosen member from its options and from what it needs', () => {
  expect(makeChosen('a.b', { sum }, { name: 'sum' }, { base: 3 })).toBe(4)
  expect(makeChosen('a.b', { sum }, { name: 'sum', add: 5 }, { base: 3 })).toBe(8)
  expect(makeChosen('a.b', { two }, { name: 'two' })).toBe(2)
})

it('says what is wrong', () => {
  expect(() => makeChosen('a.b', { sum }, { name: 'sun' }, { base: 3 })).toThrow(
    new RangeError("a.b: name must be one of sum, got 'sun'."),
  )
  expect(() => makeChosen('a.b', { sum }, { name: 'sum' }, { unused: 3 })).toThrow(
    new TypeError('a.b: base must be given for sum, got undefined.'),
  )
})
