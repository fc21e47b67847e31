import * as Plot from '@observablehq/plot'
import { createRng } from '@rectified-flow/core'
import { BLUE, GREY, svg } from './svg.js'

/** The tree of forks, and the first numbers of the streams at its leaves. */
export function randomNumbers(): string {
  const root = createRng(42)
  const numbers = (fork: ReturnType<typeof createRng>) =>
    [...fork.normals(3)].map(z => z.toFixed(2)).join('  ')
  const leaves = [0, 1, 2].map(i => ({
    x: 1.55,
    y: 2 - i,
    text: `fork(${i}):  ${numbers(root.fork('noise').fork(i))} ...`,
  }))
  const training = { x: 0.75, y: -1, text: `fork('training'):  ${numbers(root.fork('training'))} ...` }
  const noise = { x: 0.75, y: 1, text: "fork('noise')" }
  const start = { x: 0, y: 0, text: 'createRng(42)' }
  const links = [
    { from: start, to: noise },
    { from: start, to: training },
    ...leaves.map(leaf => ({ from: noise, to: leaf })),
  ]
  return svg({
    height: 220,
    marginLeft: 20,
    marginBottom: 20,
    axis: null,
    x: { domain: [0, 2.9] },
    y: { domain: [-1.3, 2.3] },
    marks: [
      Plot.link(links, {
        x1: ({ from }) => from.x + (from === start ? 0.42 : 0.4),
        y1: ({ from }) => from.y,
        x2: ({ to }) => to.x - 0.03,
        y2: ({ to }) => to.y,
        stroke: GREY,
      }),
      Plot.text([start, noise, training, ...leaves], {
        x: 'x',
        y: 'y',
        text: 'text',
        textAnchor: 'start',
        fill: BLUE,
      }),
    ],
  })
}
