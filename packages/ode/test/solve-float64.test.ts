import { dop853, SolverError, solveFloat64 } from '@rectified-flow/ode'
import { expect, it } from 'vitest'

const circle = (x: Float64Array) => [-x[1]!, x[0]!]

it('solves to twelve digits, there and back', async () => {
  const tight = { method: dop853, rtol: 1e-13, atol: 1e-13 }
  const there = await solveFloat64(circle, [1, 0], { ...tight, span: [0, 10] })
  expect(Math.abs(there.x[0]! - Math.cos(10))).toBeLessThan(1e-11)
  const back = await solveFloat64(circle, there.x, { ...tight, span: [10, 0] })
  expect(Math.hypot(back.x[0]! - 1, back.x[1]!)).toBeLessThan(1e-11)
})

it('refuses an event without a number, and a tolerance of 0 where the state is 0', async () => {
  const solve = (value: () => number) => solveFloat64(x => x, [1], { span: [0, 1], event: { value } })
  await expect(solve(() => Number.NaN)).rejects.toThrow(
    'ode.solveFloat64: event.value(x, t) must be a number, got NaN at t = 0',
  )
  await expect(solve(() => undefined as never)).rejects.toThrow(
    new TypeError('ode.solveFloat64: event.value(x, t) must be a number, got undefined.'),
  )
  for (const atol of [0, [1, 0]])
    await expect(solveFloat64(x => x, [1, 0], { span: [0, 1], atol })).rejects.toThrow(
      'ode.solveFloat64: atol must be > 0 where the state is 0, got 0 at t = 0',
    )
})

it('stops at an event, and borrows the start', async () => {
  const x = Float64Array.of(1, 0)
  const event = { value: (x: Float64Array) => x[0]!, tolerance: 1e-12 }
  const steps: number[] = []
  const { ends } = await solveFloat64(circle, x, {
    method: dop853,
    span: [0, 10],
    rtol: 1e-12,
    atol: 1e-12,
    event,
    onStep: ({ t }) => steps.push(t),
  })
  expect(ends[0]?.t).toBeCloseTo(Math.PI / 2, 9)
  expect(steps.at(-1)).toBe(ends[0]?.t)
  expect([...x]).toEqual([1, 0])
})

it('takes a tolerance for each number', async () => {
  const loose = await solveFloat64(circle, [1, 0], { span: [0, 5], rtol: 1e-3 })
  const one = await solveFloat64(circle, [1, 0], { span: [0, 5], rtol: [1e-8, 1e-3], atol: [1e-9, 1e-6] })
  expect(one.nfe).toBeGreaterThan(loose.nfe)
})

it('says what is wrong', async () => {
  await expect(solveFloat64(circle, [])).rejects.toThrow(
    new RangeError('ode.solveFloat64: x must be an array of at least 1 number, got [].'),
  )
  await expect(solveFloat64(() => [1], [1, 2])).rejects.toThrow(
    new RangeError('ode.solveFloat64: field(x, t) must have 2 numbers, got [1].'),
  )
  await expect(solveFloat64(() => [Number.NaN], [1])).rejects.toThrow(SolverError)
})
