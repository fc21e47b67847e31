import { checkGradients } from '@rectified-flow/core'
import { withoutGradients } from '@rectified-flow/tools/without-gradients'
import { expect, it } from 'vitest'

it('throws if gradients are missing, and says what to do', () => {
  expect(() => checkGradients('my.flow')).not.toThrow()
  withoutGradients(() =>
    expect(() => checkGradients('my.flow')).toThrow(
      new Error(
        'my.flow: gradients must be registered, got none. Call useBackend of @rectified-flow/backends, or import @tensorflow/tfjs.',
      ),
    ),
  )
  expect(() => checkGradients('my.flow')).not.toThrow()
})
