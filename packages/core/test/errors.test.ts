import { NumericError } from '@rectified-flow/core'
import { expect, it } from 'vitest'

it('is an Error with a name, a stable code and a cause', () => {
  const cause = new Error('below')
  const error = new NumericError('gpu-error', 'core.x: it failed.', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(String(error)).toBe('NumericError: core.x: it failed.')
  expect([error.code, error.cause]).toEqual(['gpu-error', cause])
})
