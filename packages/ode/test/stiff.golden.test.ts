import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kencarp4, solveFloat64 } from '@rectified-flow/ode'
import { expect, it } from 'vitest'

interface Case {
  problem: 'van-der-pol-10' | 'van-der-pol-1000' | 'robertson'
  y0: number[]
  span: [number, number]
  rtol: number
  atol: number
  y_end: number[]
  Radau: { error: number; steps: number }
  BDF: { error: number; steps: number }
}

const folder = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))
const { cases } = JSON.parse(readFileSync(`${folder}/ode-stiff-scipy.json`, 'utf8')) as { cases: Case[] }

const vanDerPol = (mu: number) => (x: Float64Array) => [x[1]!, mu * (1 - x[0]! * x[0]!) * x[1]! - x[0]!]
const fields = {
  'van-der-pol-10': vanDerPol(10),
  'van-der-pol-1000': vanDerPol(1000),
  robertson(y: Float64Array) {
    const [a, b, c] = y as unknown as [number, number, number]
    const [first, second, third] = [0.04 * a, 1e4 * b * c, 3e7 * b * b]
    return [second - first, first - second - third, third]
  },
}

it.each(cases)(
  'as good as SciPy: $problem, rtol $rtol',
  async ({ problem, y0, y_end, Radau, BDF, ...options }) => {
    const { span, rtol, atol } = options
    const { x, accepted } = await solveFloat64(fields[problem], y0, { method: kencarp4, span, rtol, atol })
    const error = Math.max(...y_end.map((value, i) => Math.abs(x[i]! / value - 1)))
    expect(error).toBeLessThanOrEqual(Math.max(Radau.error, BDF.error))
    expect(accepted).toBeLessThanOrEqual(Radau.steps)
  },
)
