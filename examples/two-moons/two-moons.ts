import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { slicedWasserstein } from '@rectified-flow/eval-fid'
import { sample, sampleTrajectory, straightness } from '@rectified-flow/reflow'
import * as tf from '@tensorflow/tfjs-core'
import { type FlowSettings, trainFlows } from './flow.js'
import type { PlaneField } from './mlp.js'
import { drawPanels, type Panel, toPng } from './plot.js'
import { POINT_SETS } from './point-sets.js'

export interface Row {
  points: string
  flow: '1-RF' | '2-RF' | 'data'
  /** Missing for the data, which have no paths. */
  straightness?: number
  /** Sliced Wasserstein distance to fresh points, by the number of Euler steps; for the data, between two fresh sets. */
  distance: Readonly<Record<number, number>>
}

export interface Settings extends FlowSettings {
  /** Number of points that a distance is measured with. */
  measured: number
  seed: number
}

const STEPS = [1, 2, 4, 8]
const PATHS = 120
const PATH_STEPS = 32

/** Train both flows for every point set, measure them, and write their paths to `out` as paths.svg and paths.png. */
export async function twoMoons(
  settings: Settings,
  out: string,
  onRow: (row: Row) => void = () => {},
): Promise<Row[]> {
  const rows: Row[] = []
  const panels: Panel[] = []
  for (const [points, set] of Object.entries(POINT_SETS)) {
    const rng = createRng(settings.seed).fork(points)
    const fresh = set(settings.measured, rng.fork('fresh'))
    const distance = (x: Float32Array) =>
      slicedWasserstein(pointSet(x), pointSet(fresh), { rng: rng.fork('directions'), projections: 64 })
    const add = (row: Row) => {
      rows.push(row)
      onRow(row)
    }
    const flows = await trainFlows(set, rng, settings)
    panels.push(randomPairs(points, set(PATHS, rng.fork('ends')), rng.fork('particles').normals(2 * PATHS)))
    for (const [i, flow] of (['1-RF', '2-RF'] as const).entries()) {
      const field = flows[i]!
      const distances: [number, number][] = []
      for (const steps of STEPS) distances.push([steps, distance(await draw(field, steps))])
      const path = await paths(field)
      add({ points, flow, straightness: path.bend, distance: Object.fromEntries(distances) })
      panels.push({ row: points, column: flow, paths: path.particles })
    }
    const own = distance(set(settings.measured, rng.fork('other')))
    add({ points, flow: 'data', distance: Object.fromEntries(STEPS.map(steps => [steps, own])) })

    async function draw(field: PlaneField, steps: number): Promise<Float32Array> {
      const drawn = tf.tidy(
        () => sample(field, rng.fork('measured').normal([settings.measured, 2]), { steps }).x,
      )
      const points = (await drawn.data()) as Float32Array
      drawn.dispose()
      return points
    }

    async function paths(field: PlaneField): Promise<{ bend: number; particles: number[][][] }> {
      const [bend, stacked] = tf.tidy(() => {
        const z = rng.fork('particles').normal([PATHS, 2])
        const { states } = sampleTrajectory(field, z, { steps: PATH_STEPS })
        return [
          tf.mean(straightness(states)),
          tf.reshape(tf.stack(states, 1), [PATHS, PATH_STEPS + 1, 2]) as tf.Tensor3D,
        ] as const
      })
      const path = { bend: (await bend.data())[0]!, particles: await stacked.array() }
      tf.dispose([bend, stacked])
      return path
    }
  }
  await mkdir(out, { recursive: true })
  const svg = drawPanels(panels)
  await writeFile(join(out, 'paths.svg'), svg)
  await writeFile(join(out, 'paths.png'), toPng(svg))
  return rows
}

/** What a 1-rectified flow is trained on: straight lines from noise to independent data. They cross. */
function randomPairs(row: string, ends: Float32Array, starts: Float32Array): Panel {
  const at = (values: Float32Array, i: number) => [values[2 * i]!, values[2 * i + 1]!]
  const paths = Array.from({ length: PATHS }, (_, i) => [at(starts, i), at(ends, i)])
  return { row, column: 'random pairs', paths }
}

/** Points [N,2] in the form in which eval-fid takes features. */
function pointSet(data: Float32Array): { data: Float32Array; shape: [number, number] } {
  return { data, shape: [data.length / 2, 2] }
}
