import { describe } from '@rectified-flow/core'
import type { Space } from './space.js'

export interface Float64Parts {
  field: (x: Float64Array, t: number) => ArrayLike<number>
  rtol: number | ArrayLike<number>
  atol: number | ArrayLike<number>
  event: ((x: Float64Array, t: number) => number) | undefined
}

/** The space of states that are Float64Arrays, with one lane. */
export function float64Space(where: string, { field, rtol, atol, event }: Float64Parts): Space<Float64Array> {
  const at = (tolerance: number | ArrayLike<number>, i: number) =>
    typeof tolerance === 'number' ? tolerance : tolerance[i]!
  const divisor = (i: number, a: Float64Array, b: Float64Array) =>
    at(atol, i) + at(rtol, i) * Math.max(Math.abs(a[i]!), Math.abs(b[i]!))
  return {
    lanes: 1,
    evaluate(x, [t]) {
      const v = field(x, t!)
      if (v?.length !== x.length)
        throw new RangeError(`${where}: field(x, t) must have ${x.length} numbers, got ${describe(v)}.`)
      return Float64Array.from(v)
    },
    combine(x, k, [weights = []]) {
      return k[0]!.map((_, j) => {
        let increment = 0
        for (const [i, weight] of weights.entries()) increment += weight * k[i]![j]!
        return x ? x[j]! + increment : increment
      })
    },
    async sizes(vectors, a, b) {
      return vectors.map(vector => {
        let total = 0
        for (const [i, value] of vector.entries()) total += (value / divisor(i, a, b)) ** 2
        return [Math.sqrt(total / vector.length)]
      })
    },
    async products(vectors, w, near) {
      return vectors.map(vector => {
        let total = 0
        for (const [i, value] of vector.entries())
          total += (value / divisor(i, near, near)) * (w[i]! / divisor(i, near, near))
        return [total / vector.length]
      })
    },
    dividesByZero: async (a, b) => a.some((_, i) => divisor(i, a, b) === 0),
    select: ([chosen], one, other) => (chosen ? one : other),
    async event(x, [t]) {
      const value = event!(x, t!)
      if (typeof value !== 'number')
        throw new TypeError(`${where}: event.value(x, t) must be a number, got ${describe(value)}.`)
      return [value]
    },
    copy: x => x.slice(),
    scope: body => body(),
    free() {},
  }
}
