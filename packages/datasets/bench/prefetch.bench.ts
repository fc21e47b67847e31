// npx vitest bench packages/datasets/bench --run
//
// How much reading adds to a training step: a loop over a zip of 32x32x3 PNG files, with and without reading ahead. A
// stand-in for the step leaves the thread free (as a GPU does) or keeps it busy (as wasm does).
import { mkdtempSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import '@tensorflow/tfjs-backend-cpu'
import { createRng } from '@rectified-flow/core'
import { batches } from '@rectified-flow/datasets'
import { openImages, ZipWriter } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { encode } from 'fast-png'
import { bench, describe } from 'vitest'

await tf.setBackend('cpu')
const STEP_MS = 50
const path = join(mkdtempSync(join(tmpdir(), 'prefetch-')), 'images.zip')
const file = await open(path, 'w')
const zip = new ZipWriter(file)
const rng = createRng(0)
for (let i = 0; i < 1280; i++) {
  const data = Uint8Array.from(rng.integers(3072, 64))
  await zip.add(`${String(i).padStart(5, '0')}.png`, encode({ width: 32, height: 32, channels: 3, data }))
}
await zip.finish()
await file.close()
const source = await openImages(path)

function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

async function epoch(prefetch: number, step: () => void | Promise<void>): Promise<void> {
  for await (const batch of batches(source, { batch: 64, prefetch })) {
    await step()
    tf.dispose(batch)
  }
}

describe(`20 steps of ${STEP_MS} ms, batch 64`, () => {
  const options = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 }
  bench('reading alone', () => epoch(2, () => {}), options)
  bench('the thread free, no prefetch', () => epoch(0, () => setTimeout(STEP_MS)), options)
  bench('the thread free, prefetch 2', () => epoch(2, () => setTimeout(STEP_MS)), options)
  bench('the thread kept, prefetch 2', () => epoch(2, () => keepBusy(STEP_MS)), options)
})
