// Accuracy and distance against the strength of guidance, for faces by class: the shipped teacher guided by itself without labels
// (classifier-free guidance), and by a smaller, less trained network with the same labels (autoguidance), which is trained first and
// kept in runs/guidance. The lines of the table are those of docs/recipes/classes.md. Killed and started again, it goes on.
//
//   pnpm --filter @rectified-flow/example-guidance start
//
// About 20 minutes on one idle core with tfjs-node. Guided by the smaller network with scale 2, the distance falls from 191 to 65.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { batches } from '@rectified-flow/datasets'
import { drawFaces } from '@rectified-flow/datasets/node'
import { featureStatistics } from '@rectified-flow/eval-fid'
import { readFaceFeatures } from '@rectified-flow/eval-fid/node'
import { loadFlow } from '@rectified-flow/flow/node'
import { type GuidanceOptions, loadUNet, type SongUNetConfig, saveUNet } from '@rectified-flow/unet'
import { trainGuide } from './guide.js'
import { type Model, measure } from './measure.js'

const SAMPLES = 2048
const STEPS = 16

process.env.TF_NUM_INTRAOP_THREADS ??= '1'
await useBackend()
const { net } = await loadFlow('face-teacher')
const folder = fileURLToPath(new URL('../../runs/guidance/', import.meta.url))
await mkdir(folder, { recursive: true })
const file = `${folder}guide.safetensors`
if (!existsSync(file)) {
  const faces = await drawFaces({ count: 40_000 })
  const trained = await trainGuide(net.config as SongUNetConfig, faces, undefined, console.log)
  await writeFile(file, await saveUNet(trained))
}
const guide = loadUNet(await readFile(file))

const features = await readFaceFeatures()
const real = await featureStatistics(features, batches(await drawFaces({ split: 'test', count: 4096 })))
const plain = { net, options: { scale: 1 } }
const byItself = (options: GuidanceOptions): Model => ({ net, options })
const byGuide = (options: GuidanceOptions): Model => ({ net, guide, options })
const models: Record<string, Model> = {
  'no guidance': plain,
  'the guide alone': { net: guide, options: { scale: 1 } },
  'itself without labels, 1.5': byItself({ scale: 1.5 }),
  'itself without labels, 2': byItself({ scale: 2 }),
  'itself without labels, 3': byItself({ scale: 3 }),
  'the same, t in [0.2, 0.8]': byItself({ scale: 3, interval: [0.2, 0.8] }),
  'the same, rescale 0.7': byItself({ scale: 3, rescale: 0.7 }),
  'the guide, 1.5': byGuide({ scale: 1.5 }),
  'the guide, 2': byGuide({ scale: 2 }),
  'the guide, 3': byGuide({ scale: 3 }),
}
const table = `${folder}table.json`
const rows: Record<string, string> = existsSync(table) ? JSON.parse(await readFile(table, 'utf8')) : {}
console.log('| guided by, scale | Fréchet distance ↓ | shows its class ↑ |\n| --- | --- | --- |')
for (const [name, model] of Object.entries(models)) {
  if (rows[name] === undefined) {
    const { frechet, shown } = await measure(model, { features, real, count: SAMPLES, steps: STEPS })
    rows[name] = `${frechet.toFixed(0)} | ${(100 * shown).toFixed(1)} %`
    await writeFile(table, JSON.stringify(rows))
  }
  console.log(`| ${name} | ${rows[name]} |`)
}
