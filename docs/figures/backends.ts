import { readFileSync } from 'node:fs'
import * as Plot from '@observablehq/plot'
import { BLUE, GREY, svg } from './svg.js'

interface Results {
  cases: { name: string; outcomes: Record<string, { rounds: number[] }> }[]
}

/** Milliseconds of a training step, from the file that `npm run bench` wrote. */
export function backends(): string {
  const file = new URL('../../bench/results/intel-xeon-processor-2-cores.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Results
  const step = cases.find(({ name }) => name === 'training step')!
  const bars = Object.entries(step.outcomes)
    .filter(([, { rounds }]) => rounds !== undefined)
    .map(([name, { rounds }]) => ({
      name: NAMES[name]!,
      ms: Math.min(...rounds),
      ours: !/stock|PyTorch/.test(name),
    }))
  return svg({
    height: 190,
    marginLeft: 150,
    marginRight: 60,
    x: { label: 'milliseconds of a training step (750,000 weights, eight 32 x 32 images)', grid: true },
    y: { label: null },
    marks: [
      Plot.barX(bars, { x: 'ms', y: 'name', fill: ({ ours }) => (ours ? BLUE : GREY), sort: { y: 'x' } }),
      Plot.text(bars, { x: 'ms', y: 'name', text: ({ ms }) => ms.toFixed(0), textAnchor: 'start', dx: 5 }),
    ],
  })
}

const NAMES: Record<string, string> = {
  wasm: 'wasm',
  node: 'tfjs-node',
  'node stock': 'tfjs-node, stock tfjs',
  PyTorch: 'PyTorch',
}
