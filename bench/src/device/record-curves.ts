// Trains as the device run does, on a CPU, and writes the losses to cpu-curves.json beside this file. All curves take half an
// hour on two cores. After `pnpm build`:
//   CIFAR10_DIR=... npx tsx bench/src/device/record-curves.ts backend [name of a curve...]
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type BackendName, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { cifarFile } from './cifar-file.js'
import { type CurveName, cifarTrainer, curveTrainings } from './cifar-training.js'

const { CIFAR10_DIR } = process.env
if (!CIFAR10_DIR)
  throw new RangeError('bench.recordCurves: CIFAR10_DIR must be the folder of CIFAR-10, got nothing.')
const [backend, ...names] = process.argv.slice(2) as [BackendName, ...CurveName[]]
await useBackend(backend)
const file = await cifarFile(CIFAR10_DIR)
const path = new URL('cpu-curves.json', import.meta.url)
for (const name of names.length > 0 ? names : (Object.keys(curveTrainings) as CurveName[])) {
  const { steps, ...settings } = curveTrainings[name]
  const { trainer, dispose } = cifarTrainer(file, settings)
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const { loss } = await trainer.advance()
    losses.push(Number(loss.toPrecision(7)))
    console.error(`${name}: step ${i + 1}, loss ${loss}`)
  }
  dispose()
  const curves = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {}
  const by = `${backend}, tfjs ${tf.version_core}`
  writeFileSync(path, `${JSON.stringify({ ...curves, [name]: { by, losses } })}\n`)
}
process.exit(0) // else the threads of wasm keep the process alive
