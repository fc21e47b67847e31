import * as Plot from '@observablehq/plot'
import { createRng } from '@rectified-flow/core'
import { sampleTrajectory } from '@rectified-flow/reflow'
import * as tf from '@tensorflow/tfjs-core'
import { trainFlows } from '../../examples/two-moons/flow.js'
import { POINT_SETS } from '../../examples/two-moons/point-sets.js'
import { BLUE, GREY, RED, svg } from './svg.js'

const PATHS = 60
const STEPS = 16

/** Random pairs, the bent paths of the flow that learned from them, and the straight paths after one Reflow. */
export async function paths(): Promise<string> {
  const moons = POINT_SETS['two moons']!
  const rng = createRng(1).fork('two moons')
  const [first, second] = await trainFlows(moons, rng, {
    points: 8192,
    steps: [1200, 800],
    batch: 256,
    teacherSteps: 32,
  })
  const z = rng.fork('particles').normal([PATHS, 2])
  const walk = (field: typeof first) =>
    tf.stack(sampleTrajectory(field, z, { steps: STEPS }).states, 1).arraySync() as number[][][]
  const data = tf.tensor2d(moons(PATHS, rng.fork('ends')), [PATHS, 2])
  const panels = [
    { panel: 'random pairs', lines: tf.stack([z, data], 1).arraySync() as number[][][] },
    { panel: '1-rectified flow', lines: walk(first) },
    { panel: '2-rectified flow', lines: walk(second) },
  ]
  const points = panels.flatMap(({ panel, lines }) =>
    lines.flatMap((line, particle) =>
      line.map(([x, y], i) => ({
        panel,
        particle,
        x,
        y,
        end: i === 0 ? 'noise' : i + 1 === line.length ? 'data' : null,
      })),
    ),
  )
  const facet = { fx: 'panel', x: 'x', y: 'y' }
  return svg({
    width: 900,
    height: 330,
    marginLeft: 8,
    marginRight: 8,
    marginBottom: 8,
    marginTop: 34,
    fx: { label: null, axis: 'top', domain: panels.map(({ panel }) => panel) },
    x: { domain: [-3, 3], axis: null },
    y: { domain: [-3, 3], axis: null },
    marks: [
      Plot.frame({ stroke: '#ccc' }),
      Plot.line(points, {
        ...facet,
        z: 'particle',
        stroke: BLUE,
        strokeWidth: 0.9,
        strokeOpacity: 0.6,
        clip: true,
      }),
      Plot.dot(
        points.filter(({ end }) => end === 'noise'),
        { ...facet, r: 1.8, fill: GREY, clip: true },
      ),
      Plot.dot(
        points.filter(({ end }) => end === 'data'),
        { ...facet, r: 2.2, fill: RED, clip: true },
      ),
    ],
  })
}
