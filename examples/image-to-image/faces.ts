// Image to image on faces: real ones are inverted under their own class (4 network calls), and drawn under another (2 calls): with
// glasses or without, long or short hair, another mouth. A classifier reads what changed and what stayed. Writes faces.png to
// runs/image-to-image/.
//
//   pnpm --filter @rectified-flow/example-image-to-image start:faces
//
// A minute on a CPU.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { drawFaces, writePngGrid } from '@rectified-flow/datasets/node'
import { readFaceFeatures } from '@rectified-flow/eval-fid/node'
import { loadFlow } from '@rectified-flow/flow/node'
import * as tf from '@tensorflow/tfjs-core'
import { rowByRow } from './row-by-row.js'
import { CHANGES, countChanged, translateFaces } from './translate-faces.js'

const out = fileURLToPath(new URL('../../runs/image-to-image/', import.meta.url))
const SHOWN = 16
const MEASURED = 512

await useBackend('wasm')
await mkdir(out, { recursive: true })
const { net } = await loadFlow('faces')
const faces = await drawFaces({ split: 'test', count: MEASURED })

const { x } = faces.batch([...Array(SHOWN).keys()])
const made = CHANGES.map(change => translateFaces(net, x, [...faces.labels!.subarray(0, SHOWN)], change))
const clipped = tf.clipByValue(rowByRow([x, ...made]), -1, 1)
await writePngGrid(`${out}faces.png`, clipped, { columns: 2 * (1 + CHANGES.length), scale: 4 })
console.log(`wrote ${out}faces.png: a real face, then ${CHANGES.map(({ title }) => title).join(', ')}`)

const features = await readFaceFeatures()
for (const change of CHANGES) {
  const { as, kept } = await countChanged(net, faces, features, change)
  const list = Object.entries(kept).map(([name, share]) => `${name} ${percent(share)}`)
  console.log(`${change.title}: ${percent(as)} are as asked for; kept: ${list.join(', ')}`)
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
