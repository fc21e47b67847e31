import {
  checkFinite,
  checkInt,
  checkNumber,
  checkOneOf,
  checkTensor,
  describe as inWords,
  NumericError,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let [image, nchw, labels, disposed]: tf.Tensor[] = []
beforeAll(() => {
  image = tf.zeros([2, 4, 4, 3])
  nchw = tf.zeros([2, 3, 4, 4])
  labels = tf.zeros([2], 'int32')
  disposed = tf.zeros([1])
  disposed.dispose()
})
afterAll(() => tf.dispose([image, nchw, labels] as tf.Tensor[]))

type Case = [name: string, call: () => void, Kind: typeof Error, message: string]
const any = (value: unknown) => value as number

describe('checkTensor', () => {
  it.each<[string, () => void]>([
    ['names', () => checkTensor('a.b', 'x', image, ['B', 'H', 'W', 'C'])],
    ['numbers', () => checkTensor('a.b', 'x', image, ['B', 4, 4, 3])],
    ['a name twice', () => checkTensor('a.b', 'x', image, ['B', 'S', 'S', 'C'])],
    ['a tail', () => checkTensor('a.b', 'x', image, ['B', '...'])],
    ['an empty tail', () => checkTensor('a.b', 'x', image, ['B', 'H', 'W', 'C', '...'])],
    ['another dtype', () => checkTensor('a.b', 'y', labels, ['B'], 'int32')],
  ])('accepts %s', (_, call) => expect(call).not.toThrow())

  it.each<Case>([
    ['a number', () => checkTensor('a.b', 'x', 3, []), TypeError, 'a.b: x must be a tensor, got 3.'],
    ['null', () => checkTensor('a.b', 'x', null, []), TypeError, 'a.b: x must be a tensor, got null.'],
    [
      'an array',
      () => checkTensor('a.b', 'x', [1, [2]], []),
      TypeError,
      'a.b: x must be a tensor, got [1,[2]].',
    ],
    [
      'a disposed tensor',
      () => checkTensor('a.b', 'x', disposed, ['B']),
      TypeError,
      'a.b: x must be a live tensor, got a disposed one.',
    ],
    [
      'another rank',
      () => checkTensor('a.b', 'x', labels, ['B', 'C'], 'int32'),
      RangeError,
      'a.b: x must have shape [B,C], got [2].',
    ],
    [
      'a short shape',
      () => checkTensor('a.b', 'x', labels, ['B', 'C', '...'], 'int32'),
      RangeError,
      'a.b: x must have shape [B,C,...], got [2].',
    ],
    [
      'two sizes of one name',
      () => checkTensor('a.b', 'x', image, ['B', 'H', 'H', 'H']),
      RangeError,
      'a.b: x must have shape [B,H,H,H], got [2,4,4,3].',
    ],
    [
      'NCHW',
      () => checkTensor('a.b', 'images', nchw, ['B', 4, 4, 3]),
      RangeError,
      'a.b: images must have shape [B,4,4,3], got [2,3,4,4]. For NCHW use tf.transpose(images, [0,2,3,1]).',
    ],
    [
      'another dtype',
      () => checkTensor('a.b', 'x', labels, ['B']),
      TypeError,
      'a.b: x must have dtype float32, got int32.',
    ],
  ])('rejects %s', (_, call, Kind, message) => expect(call).toThrow(new Kind(message)))
})

describe('numbers', () => {
  it('are accepted at both ends', () => {
    checkInt('a.b', 'n', 1, 1, 3)
    checkInt('a.b', 'n', 3, 1, 3)
    checkNumber('a.b', 't', 0, 0, 1)
    checkNumber('a.b', 't', 1, 0, 1)
    checkNumber('a.b', 't', -1e300)
    checkOneOf('a.b', 'mode', 'x', ['x', 'y'])
    checkFinite('a.b', 'x', Float32Array.of(0, -1, 1e38))
  })

  it.each<Case>([
    [
      'too small',
      () => checkInt('a.b', 'steps', 0, 1),
      RangeError,
      'a.b: steps must be an integer >= 1, got 0.',
    ],
    [
      'too large',
      () => checkInt('a.b', 'steps', 9, 1, 8),
      RangeError,
      'a.b: steps must be an integer in [1, 8], got 9.',
    ],
    [
      'not whole',
      () => checkInt('a.b', 'steps', 1.5, 1),
      RangeError,
      'a.b: steps must be an integer >= 1, got 1.5.',
    ],
    [
      'NaN',
      () => checkInt('a.b', 'steps', Number.NaN, 1),
      RangeError,
      'a.b: steps must be an integer >= 1, got NaN.',
    ],
    [
      'a string',
      () => checkInt('a.b', 'steps', any('3'), 1),
      TypeError,
      "a.b: steps must be an integer >= 1, got '3'.",
    ],
    [
      'absent',
      () => checkInt('a.b', 'steps', any(undefined), 1),
      TypeError,
      'a.b: steps must be an integer >= 1, got undefined.',
    ],
    [
      'NaN',
      () => checkNumber('a.b', 't', Number.NaN),
      RangeError,
      'a.b: t must be a finite number, got NaN.',
    ],
    [
      'infinite',
      () => checkNumber('a.b', 't', -Infinity),
      RangeError,
      'a.b: t must be a finite number, got -Infinity.',
    ],
    [
      'outside',
      () => checkNumber('a.b', 't', 1.1, 0, 1),
      RangeError,
      'a.b: t must be a number in [0, 1], got 1.1.',
    ],
    [
      'below',
      () => checkNumber('a.b', 't', -1, 0),
      RangeError,
      'a.b: t must be a finite number >= 0, got -1.',
    ],
    [
      'above',
      () => checkNumber('a.b', 't', 2, -Infinity, 1),
      RangeError,
      'a.b: t must be a finite number <= 1, got 2.',
    ],
    [
      'a tensor',
      () => checkNumber('a.b', 't', any(image), 0, 1),
      TypeError,
      'a.b: t must be a number in [0, 1], got a Tensor.',
    ],
    [
      'unknown',
      () => checkOneOf('a.b', 'mode', 'z', ['x', 'y']),
      RangeError,
      "a.b: mode must be one of x, y, got 'z'.",
    ],
    [
      'a wrong kind',
      () => checkOneOf('a.b', 'mode', 1, ['x', 'y']),
      TypeError,
      'a.b: mode must be one of x, y, got 1.',
    ],
  ])('are rejected when %s', (_, call, Kind, message) => expect(call).toThrow(new Kind(message)))

  it.each([Number.NaN, Infinity, -Infinity])('are rejected when %s comes out', value => {
    const call = () => checkFinite('a.b', 'loss', [1, 2, value])
    expect(call).toThrow(new NumericError('non-finite', `a.b: loss must be finite, got ${value} at index 2.`))
  })
})

describe('describe', () => {
  it.each<[unknown, string]>([
    ['a', "'a'"],
    [1.5, '1.5'],
    [null, 'null'],
    [undefined, 'undefined'],
    [10n, '10'],
    [() => 1, 'a function'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Map(), 'a Map'],
    [new Error('x'), 'an Error'],
    [new Uint8Array(2), 'a Uint8Array'],
    [[1, 'a', null], "[1,'a',null]"],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], '[1,2,3,4,5,6,7,8,...]'],
    [[[1, [2]], [4, 5], [], 3], '[[...],[4,5],[],3]'],
    ['x'.repeat(300), `'${'x'.repeat(240)}...'`],
    [['x'.repeat(61), 'y'.repeat(60)], `['${'x'.repeat(60)}...','${'y'.repeat(60)}']`],
  ])('puts %o in words', (value, words) => expect(inWords(value)).toBe(words))
})
