import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { distancesOf } from '../measure-row.js'
import { ROWS } from '../rows.js'
import { type Run, SMOKE } from '../settings.js'
import { table } from '../table.js'
import { networkOf } from '../train-row.js'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const built = existsSync(fileURLToPath(new URL('../../../packages/reflow/dist/index.js', import.meta.url)))
let folder: string

// The cpu backend takes minutes for what wasm does in seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
  folder = await mkdtemp(join(tmpdir(), 'average-velocities-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('trains and measures every row', { timeout: 300_000 }, async () => {
  const lines: string[] = []
  const settings = { backend: tf.getBackend(), ...SMOKE }
  const run: Run = { out: join(folder, 'rows'), seed: 0, settings, log: line => lines.push(line) }
  const results = new Map()
  for (const row of Object.keys(ROWS)) {
    const net = await networkOf(row, run)
    expect(net.config.times ?? 1).toBe(row === '2-rf++' ? 1 : 2)
    results.set(row, [await distancesOf(net, run)])
  }
  expect(lines.filter(line => line.startsWith('train')).map(line => line.split(',')[0])).toEqual(
    Object.keys(ROWS).map(row => `train ${row}`),
  )
  const distances = [...results.values()].flatMap(([{ 1: one, 2: two }]) => [one, two])
  expect(distances.every(Number.isFinite)).toBe(true)
  expect(new Set(distances).size).toBe(distances.length)
  expect(table(results)).toMatch(/\| re-meanflow \| Re-MeanFlow .* \| [0-9.]+ \| [0-9.]+ \| 1 \|$/)
})

it.runIf(built)('goes on after a kill, as one command', { timeout: 300_000 }, async () => {
  const start = (killAt?: string) =>
    new Promise<string>(resolve => {
      const options = [
        'meanflow',
        '--smoke',
        '--backend',
        'wasm',
        '--seeds',
        '0',
        '--out',
        join(folder, 'command'),
      ]
      const child = spawn(process.execPath, ['--import', 'tsx', main, ...options])
      let output = ''
      const heard = (chunk: Buffer) => {
        output += chunk
        if (killAt && output.includes(killAt)) child.kill('SIGKILL')
      }
      child.stdout.on('data', heard)
      child.stderr.on('data', heard)
      child.on('close', () => resolve(output))
    })
  await start('train meanflow')
  expect(await start()).toContain('| meanflow | MeanFlow from random weights')
  const file = join(folder, 'command/seed-0/meanflow/distances.json')
  expect(Object.keys(JSON.parse(await readFile(file, 'utf8')))).toEqual(['1', '2'])
})
