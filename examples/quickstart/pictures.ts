import { createRequire } from 'node:module'
import { join } from 'node:path'
import { batchOf } from '@rectified-flow/core'
import { encodePngGrid } from '@rectified-flow/datasets'
import { FACE_CLASSES } from '@rectified-flow/datasets/node'
import {
  type SamplerOptions,
  type SampleTrajectory,
  sample,
  sampleTrajectory,
  TWO_STEP_GRID,
} from '@rectified-flow/reflow'
import { Resvg } from '@resvg/resvg-js'
import * as tf from '@tensorflow/tfjs-core'
import { type JobOf, type ModelName, modelTitle, type Progress } from './job.js'
import { evaluationNoise, fieldOf, readModel, writeWhole } from './run-files.js'

const COLUMNS = 16
const SCALE = 3
const CELL = 16 * SCALE
const LABEL = 190
const PATH_STEPS = 8
const PATHS = 24
/** The index of the noise whose path the film strips show. */
const FACE = 2
const COLORS = ['#d1495b', '#3d7ea6', '#2a9d63', '#8b6bb1', '#c98a1b']

/**
 * Write samples.png and trajectories.png. samples.png has one noise per column. trajectories.png shows which face a path
 * points to as t falls from 1 to 0 (a straight path always points to the same one), and how far paths are from straight
 * lines.
 */
export async function drawPictures(job: JobOf<'pictures'>, progress: Progress) {
  const { out, seed, settings, file } = job
  const plus = settings.recipes[0] as ModelName
  const rows: [ModelName, string, SamplerOptions][] = [
    ['teacher', '1 step', { steps: 1 }],
    ['B', '1 step', { steps: 1 }],
    [plus, '1 step', { steps: 1 }],
    [plus, '2 steps', { times: TWO_STEP_GRID }],
    ['teacher', `${settings.teacherSteps} steps`, { steps: settings.teacherSteps }],
  ]
  const z = evaluationNoise(seed, 0, COLUMNS)
  const classes = Array.from({ length: Math.max(COLUMNS, PATHS) }, (_, i) => i % FACE_CLASSES.length)
  const strips: Strip[] = []
  progress(0, rows.length + 3)
  for (const [model, steps, options] of rows) {
    const { x } = sample(fieldOf(await readModel(job, model), classes.slice(0, COLUMNS)).field, z, options)
    strips.push({ label: modelTitle(model), detail: steps, png: await strip(x as tf.Tensor4D) })
    progress(strips.length, rows.length + 3)
  }

  const films: Strip[] = []
  const paths: Path[] = []
  for (const [i, model] of ['teacher', 'B', plus].entries()) {
    const { field } = fieldOf(await readModel(job, model), classes.slice(0, PATHS))
    const path = sampleTrajectory(field, evaluationNoise(seed, 0, PATHS), { steps: PATH_STEPS })
    const film = tf.concat(path.predictions.map(x => tf.slice(x, [FACE, 0, 0, 0], [1, 16, 16, 3])))
    films.push({
      label: modelTitle(model),
      detail: 'where its path points',
      png: await strip(film as tf.Tensor4D),
    })
    paths.push({ label: modelTitle(model), color: COLORS[i]!, bends: await bends(path) })
    progress(rows.length + films.length, rows.length + 3)
  }
  await writeWhole(join(out, 'trajectories.png'), render(films, PATH_STEPS, paths))
  await writeWhole(file, render(strips, COLUMNS)) // last, because this file marks the job as done
}

interface Strip {
  label: string
  detail: string
  /** One row of faces, as a data URI. */
  png: string
}

interface Path {
  label: string
  color: string
  /** Per sample, the distance from its straight line at each time, as a share of the line's length. */
  bends: number[][]
}

async function strip(images: tf.Tensor4D): Promise<string> {
  const bytes = await encodePngGrid(images, { columns: images.shape[0], gap: 0, scale: SCALE })
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`
}

/** |x_t - line(t)| / |z - x_0| of each sample at each time of a path on a uniform grid. */
async function bends({ states }: SampleTrajectory): Promise<number[][]> {
  const steps = states.length - 1
  const flat = states.map(state => tf.reshape(state, [batchOf(state), -1]))
  const [start, end] = [flat[0]!, flat[steps]!]
  const length = tf.norm(tf.sub(start, end), 2, 1)
  const columns = flat.map((state, i) => {
    const line = tf.add(tf.mul(start, 1 - i / steps), tf.mul(end, i / steps))
    return tf.div(tf.norm(tf.sub(state, line), 2, 1), length)
  })
  return (await tf.stack(columns, 1).array()) as number[][]
}

/** Labelled rows of faces and, below them, one panel of paths per model, as a PNG. */
function render(strips: Strip[], columns: number, paths: Path[] = []): Uint8Array {
  const width = LABEL + columns * CELL + 16
  const plot = paths.length > 0 ? 210 : 0
  const height = 16 + strips.length * (CELL + 8) + plot
  const body = strips.map(({ label, detail, png }, i) => {
    const y = 12 + i * (CELL + 8)
    return `<text x="12" y="${y + 21}" class="name">${label}</text><text x="12" y="${y + 38}" class="dim">${detail}</text>
      <image x="${LABEL}" y="${y}" width="${columns * CELL}" height="${CELL}" href="${png}"/>`
  })
  const panels = paths.map((path, i) => panel(path, i, (width - 24) / paths.length, height - plot + 8))
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans">
    <style>.name { font-size: 14px; font-weight: bold } .dim { font-size: 12px; fill: #666 }</style>
    <rect width="100%" height="100%" fill="white"/>${body.join('')}${panels.join('')}</svg>`
  const fonts = createRequire(import.meta.url)
  const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map(name =>
    fonts.resolve(`dejavu-fonts-ttf/ttf/${name}`),
  )
  return new Resvg(svg, {
    font: { fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
    fitTo: { mode: 'zoom', value: 2 },
  })
    .render()
    .asPng()
}

function panel({ label, color, bends }: Path, index: number, width: number, top: number): string {
  const [left, height, inner] = [12 + index * width, 130, width - 24]
  const highest = 0.15
  const lines = bends.map(bend => {
    const points = bend.map((value, i) => {
      const x = left + 8 + (i / (bend.length - 1)) * inner
      return `${x.toFixed(1)},${(top + 34 + height * (1 - Math.min(value / highest, 1))).toFixed(1)}`
    })
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-opacity="0.6"/>`
  })
  const base = top + 34 + height
  return `<text x="${left + 8}" y="${top + 16}" class="name">${label}</text>
    <text x="${left + 8}" y="${top + 32}" class="dim">off the straight line, 0 to ${100 * highest} %</text>
    <line x1="${left + 8}" y1="${base}" x2="${left + 8 + inner}" y2="${base}" stroke="#999"/>
    <text x="${left + 8}" y="${base + 16}" class="dim">t = 1, noise</text>
    <text x="${left + 8 + inner}" y="${base + 16}" class="dim" text-anchor="end">t = 0, face</text>${lines.join('')}`
}
