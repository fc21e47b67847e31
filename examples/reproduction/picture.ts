import { createRequire } from 'node:module'
import { encodePngGrid } from '@rectified-flow/datasets'
import { sample } from '@rectified-flow/reflow'
import { Resvg } from '@resvg/resvg-js'
import type * as tf from '@tensorflow/tfjs-core'
import { type RowName, TITLES } from './rows.js'
import { evaluationNoise, fieldOf, type Run } from './run.js'
import { networkOf } from './train-row.js'

const COLUMNS = 14
const CELL = 48 // pixels of a digit's or a face's picture
const LABEL = 320

/** A PNG: one line of one-step digits per row, and below them the teacher's many-step digits; one noise per column. */
export async function drawRows(rows: readonly RowName[], run: Run): Promise<Uint8Array> {
  const lines: [RowName, number][] = rows.map(row => [row, 1])
  if (rows.includes('teacher')) lines.push(['teacher', run.settings.pairSteps])
  const z = evaluationNoise(run, 0, COLUMNS)
  const { labels: classes } = await run.miniature.read('test', COLUMNS)
  const [height, width] = run.miniature.shape
  const scale = Math.floor(CELL / width)
  const tall = 16 + lines.length * (CELL + 8)
  const body: string[] = []
  for (const [i, [row, steps]] of lines.entries()) {
    const { field } = fieldOf(await networkOf(row, run), classes && Array.from(classes.subarray(0, COLUMNS)))
    const { x } = sample(field, z, { steps })
    const png = await encodePngGrid(x as tf.Tensor4D, { columns: COLUMNS, gap: 0, scale })
    const y = 12 + i * (CELL + 8)
    body.push(`<text x="12" y="${y + 21}" font-size="14" font-weight="bold">${row}, ${steps === 1 ? '1 step' : `${steps} steps`}</text>
      <text x="12" y="${y + 38}" font-size="11" fill="#666">${TITLES[row].replace(', uniform t, squared L2', ', uniform t, L2')}</text>
      <image x="${LABEL}" y="${y}" width="${COLUMNS * width * scale}" height="${height * scale}"
        href="data:image/png;base64,${Buffer.from(png).toString('base64')}"/>`)
  }
  const wide = LABEL + COLUMNS * CELL + 16
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${tall}" font-family="DejaVu Sans">
    <rect width="100%" height="100%" fill="white"/>${body.join('')}</svg>`
  const fonts = createRequire(import.meta.url)
  const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map(name =>
    fonts.resolve(`dejavu-fonts-ttf/ttf/${name}`),
  )
  return new Resvg(svg, {
    font: { fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
    fitTo: { mode: 'zoom', value: 1.5 },
  })
    .render()
    .asPng()
}
