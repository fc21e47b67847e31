import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DRAWN_SIDE, LOSSES, POINT_SETS, SHOWN, SOLVERS, TIMESTEPS } from '../src/choices.js'
import { cellsToText, textToCells } from '../src/ink-text.js'
import { GLASSES, HAIR, HAT, MOUTH } from '../src/pixels/face-choices.js'
import { DEFAULTS, fromHash, type State, toHash } from '../src/state.js'

const share = fc.integer({ min: 0, max: 1000 }).map(thousandth => thousandth / 1000)
const states: fc.Arbitrary<State> = fc.record({
  data: fc.constantFrom(...POINT_SETS),
  ink: fc.array(fc.boolean(), { minLength: DRAWN_SIDE ** 2, maxLength: DRAWN_SIDE ** 2 }),
  seed: fc.nat(999_999),
  nfe: fc.integer({ min: 1, max: 32 }),
  solver: fc.constantFrom(...SOLVERS),
  timesteps: fc.constantFrom(...TIMESTEPS),
  loss: fc.constantFrom(...LOSSES),
  digitSeed: fc.nat(999_999),
  label: fc.nat(999),
  x: share,
  y: share,
  digitNfe: fc.integer({ min: 1, max: 32 }),
  faceSeed: fc.nat(999_999),
  faceX: share,
  faceY: share,
  glasses: fc.constantFrom(...GLASSES),
  hair: fc.constantFrom(...HAIR),
  mouth: fc.constantFrom(...MOUTH),
  hat: fc.constantFrom(...HAT),
  steps: fc.integer({ min: 1, max: 32 }),
  show: fc.constantFrom(...SHOWN),
  run: fc.nat(1),
})

describe('the state in a link', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(states, state => {
        expect(fromHash(`#${toHash(state)}`)).toEqual(state)
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('leaves defaults out', () => {
    expect(toHash(DEFAULTS)).toBe('')
    expect(toHash({ ...DEFAULTS, nfe: 2 })).toBe('nfe=2')
  })

  it('ignores what it can’t read, and stays within range', () => {
    expect(fromHash('#data=cats&solver=&nfe=nothing&ink=*&more=1')).toEqual(DEFAULTS)
    expect(fromHash('#nfe=1000&x=-3&digitNfe=2.4')).toEqual({ ...DEFAULTS, nfe: 32, x: 0, digitNfe: 2 })
  })
})

it('writes cells eight to a byte', () => {
  expect(cellsToText([true, false, false, false, false, false, false, false, true])).toBe('AQE')
  expect(textToCells('AQE', 9)).toEqual([true, ...Array(7).fill(false), true])
  expect(textToCells('AQE', 17)).toBeUndefined()
  expect(textToCells('A', 8)).toBeUndefined()
})
