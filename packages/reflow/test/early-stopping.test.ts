import { earlyStopping } from '@rectified-flow/reflow'
import { describe, expect, it } from 'vitest'

/** How many validations a run with these losses has. */
const end = (losses: number[], stop: (losses: readonly number[]) => boolean) =>
  losses.findIndex((_, i) => stop(losses.slice(0, i + 1))) + 1

describe('earlyStopping', () => {
  it('ends after `patience` validations without a better loss', () => {
    const stop = earlyStopping({ patience: 2 })
    expect(end([5, 4, 6, 3, 3, 4, 1], stop)).toBe(6)
    expect(end([5, 4, 3, 2, 1], stop)).toBe(0)
    expect(end([1, 1, 1], earlyStopping({ patience: 1 }))).toBe(2)
  })

  it('counts a loss as better only if it is lower by more than minDelta, also than an earlier best one', () => {
    const stop = earlyStopping({ patience: 2, minDelta: 0.5 })
    expect(end([5, 4.75, 4.25, 4, 3.875], stop)).toBe(5)
    expect(end([5, 4.5, 4], stop)).toBe(0)
    expect(end([5, 4.75, 4.5], stop)).toBe(3)
  })

  it('never counts a loss that is not finite as better', () => {
    expect(end([Number.NaN, Infinity, 1], earlyStopping({ patience: 2 }))).toBe(2)
    expect(end([1, Number.NaN, 0.5, Number.NaN, Number.NaN], earlyStopping({ patience: 2 }))).toBe(5)
  })

  it('refuses bad options by name', () => {
    expect(() => earlyStopping({ patience: 0 })).toThrow(
      'reflow.earlyStopping: patience must be an integer >= 1, got 0.',
    )
    expect(() => earlyStopping({ patience: 1, mindelta: 1 } as never)).toThrow('Did you mean minDelta?')
    expect(() => earlyStopping({ patience: 1, minDelta: -1 })).toThrow(
      'reflow.earlyStopping: minDelta must be',
    )
  })
})
