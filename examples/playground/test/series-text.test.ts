import fc from 'fast-check'
import { expect, it } from 'vitest'
import { textToWeights, weightsToText } from '../src/plane/series-text.js'

it('keeps every weight to half a step of its block, and reads nothing else', () => {
  const numbers = fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(numbers, values => {
      const weights = Float32Array.from(values)
      const read = textToWeights(weightsToText(weights), weights.length)!
      for (let i = 0; i < weights.length; i++) {
        const block = weights.slice(64 * Math.floor(i / 64), 64 * Math.floor(i / 64) + 64)
        const step = Math.max(...block.map(Math.abs)) / 127
        expect(Math.abs(read[i]! - weights[i]!)).toBeLessThanOrEqual(0.501 * step + 1e-40)
      }
      expect(textToWeights(weightsToText(weights), weights.length + 1)).toBeUndefined()
    }),
    { numRuns: 50, seed: 1 },
  )
  for (const text of ['', 'a', '=', '//////', weightsToText(Float32Array.of(NaN))])
    expect(textToWeights(text, 1)).toBeUndefined()
})
