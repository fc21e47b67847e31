import { checkOptions, type OptionNames } from '@rectified-flow/core'
import { expect, test } from 'vitest'

interface Options {
  learningRate: number
  steps?: number
}
const check = (options: unknown) =>
  checkOptions<Options>('reflow.fit', options, { learningRate: 'required', steps: 'optional' })

test('options that are known and complete pass', () => {
  check({ learningRate: 1 })
  check({ learningRate: 1, steps: 2 })
  check({ learningRate: 1, steps: undefined })
})

test('an unknown option is refused, with the name that is nearest', () => {
  expect(() => check({ learningRate: 1, step: 4 })).toThrow(
    new TypeError("reflow.fit: options must be of learningRate, steps, got 'step'. Did you mean steps?"),
  )
  expect(() => check({ learning_rate: 1 })).toThrow("got 'learning_rate'. Did you mean learningRate?")
  expect(() => check({ learningRate: 1, momentum: 1 })).toThrow(/got 'momentum'\.$/)
})

test('a required option must be given', () => {
  expect(() => check({ steps: 1 })).toThrow(
    new TypeError('reflow.fit: learningRate must be given, got undefined.'),
  )
  expect(() => check({ learningRate: undefined })).toThrow('learningRate must be given, got undefined.')
})

test('options must be an object', () => {
  expect(() => check(undefined)).toThrow(
    new TypeError('reflow.fit: options must be an object, got undefined.'),
  )
  expect(() => check([1])).toThrow('options must be an object, got [1].')
})

test('the names are checked against the type', () => {
  // @ts-expect-error steps is missing
  const incomplete: OptionNames<Options> = { learningRate: 'required' }
  // @ts-expect-error learningRate is required
  const wrong: OptionNames<Options> = { learningRate: 'optional', steps: 'optional' }
  expect([incomplete, wrong]).toHaveLength(2)
})
