// Draws error against field calls for every method, on Lotka-Volterra over [0, 5]: fixed grids of 2^k steps, and pairs at
// tolerances from 1e-2 down. Writes work-precision.png (30 s). After `pnpm build`:
//   node --import tsx packages/ode/bench/work-precision.bench.ts
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as Plot from '@observablehq/plot'
import '@tensorflow/tfjs-backend-cpu'
import type { Field } from '@rectified-flow/core'
import * as ode from '@rectified-flow/ode'
import { Resvg } from '@resvg/resvg-js'
import * as tf from '@tensorflow/tfjs-core'
import { parseHTML } from 'linkedom'

await tf.setBackend('cpu')
const span = [0, 5] as const
const start = [10, 5]

const onHost = ([a = 0, b = 0]: Float64Array) => [1.5 * a - a * b, a * b - 3 * b]
const onTensors: Field = x => {
  const [a, b] = tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor]
  const ab = tf.mul(a, b)
  return tf.concat([tf.sub(tf.mul(a, 1.5), ab), tf.sub(ab, tf.mul(b, 3))], 1)
}

const exact = (await ode.solveFloat64(onHost, start, { method: ode.dop853, span, rtol: 1e-13, atol: 1e-13 }))
  .x
const errorOf = (x: ArrayLike<number>) => Math.max(...exact.map((value, i) => Math.abs(x[i]! - value)))

type Point = { panel: string; method: string; nfe: number; error: number }
const points: Point[] = []
const add = (panel: string, method: ode.Method, nfe: number, x: ArrayLike<number>) => {
  const error = errorOf(x)
  if (error < 30) points.push({ panel, method: method.name, nfe, error })
}
const panels = ['fixed grid, float32', 'adaptive, float32', 'adaptive, float64'] as const

for (const method of [ode.euler, ode.heun, ode.midpoint, ode.rk3, ode.rk4, ode.ab2, ode.ab3, ode.ab4])
  for (let steps = 16; steps <= 2048; steps *= 2) {
    const { x, nfe } = ode.solve(onTensors, tf.tensor2d([start]), { method, steps, span })
    add(panels[0], method, nfe, x.dataSync())
    x.dispose()
  }
for (const method of [ode.bosh3, ode.dopri5, ode.tsit5, ode.dop853])
  for (let digits = 2; digits <= 12; digits++) {
    const options = { method, span, rtol: 10 ** -digits, atol: 10 ** -digits }
    if (digits <= 6) {
      const { x, nfe } = await ode.solveAdaptive(onTensors, tf.tensor2d([start]), options)
      add(panels[1], method, nfe, x.dataSync())
      x.dispose()
    }
    if (method === ode.bosh3 && digits > 9) continue // it would take more than 20,000 calls
    const { x, nfe } = await ode.solveFloat64(onHost, start, { ...options, maxSteps: 1e5 })
    add(panels[2], method, nfe, x)
  }

const names = [...new Set(points.map(point => point.method))]
const pairs = names.slice(-4)
/** Names at the ends of the lines, moved up or down where two lines end close together. */
const label = (of: string[], dy: number) =>
  Plot.text(
    points.filter(point => of.includes(point.method)),
    Plot.selectLast({
      fx: 'panel',
      x: 'nfe',
      y: 'error',
      z: 'method',
      text: 'method',
      dx: 5,
      dy,
      textAnchor: 'start',
    }),
  )
const up = ['midpoint', 'rk3', 'tsit5']

const { document } = parseHTML('<!doctype html><body></body>')
const facets = { fx: 'panel', x: 'nfe', y: 'error', stroke: 'method' } as const
const svg = Plot.plot({
  document: document as unknown as Document,
  width: 1100,
  height: 440,
  marginLeft: 60,
  marginRight: 60,
  style: { fontFamily: 'DejaVu Sans', fontSize: '12px', background: 'white' },
  fx: { label: null, domain: panels, padding: 0.08 },
  x: {
    type: 'log',
    label: 'field calls',
    grid: true,
    domain: [30, 30_000],
    ticks: [100, 1000, 10_000],
    tickFormat: '~s',
  },
  y: { type: 'log', label: 'largest error at the end', grid: true, tickFormat: '.0e' },
  color: {
    domain: names,
    range: [
      ...Plot.scale({ color: { scheme: 'Dark2', domain: names.slice(0, -4) } }).range!,
      ...Plot.scale({ color: { scheme: 'Set1', domain: pairs } }).range!,
    ],
  },
  marks: [
    Plot.frame({ stroke: '#ddd' }),
    Plot.line(points, { ...facets, strokeWidth: 1.5 }),
    Plot.dot(points, { ...facets, fill: 'method', r: 2 }),
    label(up, -6),
    label(
      names.filter(name => !up.includes(name)),
      4,
    ),
  ],
})
svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
const font = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')
const drawn = new Resvg(svg.outerHTML, {
  font: { fontFiles: [font], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
})
const file = fileURLToPath(new URL('work-precision.png', import.meta.url))
writeFileSync(file, drawn.render().asPng())

for (const { panel, method, nfe, error } of points) console.log(panel, method, nfe, error.toExponential(1))
console.log(file)
