import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { decodePng } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawCurves } from '../curves.js'
import { makeRow } from '../make-row.js'
import { MINIATURES } from '../miniatures.js'
import { drawRows } from '../picture.js'
import { collectResults, resultsMarkdown } from '../results.js'
import { measuresFile, type Run } from '../run.js'
import { SMOKE } from '../settings.js'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const built = existsSync(fileURLToPath(new URL('../../../packages/reflow/dist/index.js', import.meta.url)))
let folder: string

// The cpu backend takes minutes for what wasm does in seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
  folder = await mkdtemp(join(tmpdir(), 'reproduction-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('makes every row, the table with its claims, and the picture', { timeout: 300_000 }, async () => {
  const miniature = MINIATURES.digits!
  const { rows } = miniature
  const settings = { miniature: 'digits', backend: tf.getBackend(), ...SMOKE }
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  const runs = [0, 1].map((seed): Run => ({ out: join(folder, 'rows'), seed, miniature, settings, log }))
  // In reverse, because each row makes the rows that it needs.
  for (const row of [...rows].reverse()) for (const run of runs) await makeRow(row, run)
  const results = await collectResults(runs)
  expect([...results.keys()]).toEqual([...rows])
  const distances = [...results].map(([, seeds]) => seeds[0]!.frechet[1])
  expect(new Set(distances).size).toBe(rows.length) // no two rows are the same network
  expect(distances[rows.indexOf('A')]).toBeGreaterThan(1.1 * distances[rows.indexOf('B')]!)
  for (const line of ['pairs by teacher, seed 1: 16/16', 'real pairs, seed 0: 8/8', 'train R2, seed 0: 2/2'])
    expect(lines.some(logged => logged.startsWith(line))).toBe(true)

  const page = resultsMarkdown(results, settings)
  for (const row of rows) expect(page).toContain(`\n| ${row.padEnd(8)} | `)
  expect(page).toMatch(/\| C - B .*\| 1 .*\| (confirmed|refuted|undecided) +\| -1.97/)
  expect(page).toMatch(/\| C2 - R2 +\| 2 /)
  const picture = decodePng(await drawRows([...results.keys()], runs[0]!))
  expect(picture.shape.slice(-3, -1)).toEqual([1116, 1512])
  picture.dispose()
  const curves = decodePng(drawCurves(results, settings))
  expect(curves.shape.slice(-3, -1)).toEqual([660, 1440])
  curves.dispose()
})

/** Run the example on wasm in its smallest size; kill -9 it once its output contains `killAt`. */
function start(options: string[], killAt?: string): Promise<{ code: number | null; output: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      main,
      '--smoke',
      '--backend',
      'wasm',
      ...options,
    ])
    let output = ''
    const heard = (chunk: Buffer) => {
      output += chunk
      if (killAt && output.includes(killAt)) child.kill('SIGKILL')
    }
    child.stdout.on('data', heard)
    child.stderr.on('data', heard)
    child.on('close', code => resolve({ code, output: output.trim() }))
  })
}

describe.skipIf(!built)('the command', () => {
  it('goes on with a row that was killed, and reaches the same numbers', { timeout: 300_000 }, async () => {
    const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')]
    expect(await start(['digits', 'C', '--out', whole])).toMatchObject({ code: 0 })
    for (const place of ['pairs by teacher, seed 0: 8/16', 'train C, seed 0: 2/2', 'train C, seed 1: 1/2'])
      expect(await start(['digits', 'C', '--out', broken], place)).toMatchObject({ code: null })
    expect((await start(['digits', 'C', '--out', broken])).output).not.toContain('seed 0')
    for (const seed of [0, 1]) {
      const [a, b] = [whole, broken].map(out => measuresFile({ out, seed } as Run, 'C'))
      expect(await readFile(b!, 'utf8')).toBe(await readFile(a!, 'utf8'))
    }
    expect(await start(['digits', 'table', '--out', broken])).toMatchObject({ code: 0 })
    expect(await readFile(join(broken, 'reproduction.md'), 'utf8')).toContain(
      'Not made yet: teacher, A, B, D',
    )
  })

  const rows =
    'teacher, A, B, C, D, E, E-pixels, F, F2, G, C2, R2, E-light, E-heavy, E-clean, F-light, F-heavy, table'
  it.each([
    [[], "reproduction: the first argument must be one of digits, faces, got ''."],
    [['C'], "reproduction: the first argument must be one of digits, faces, got 'C'."],
    [['digits', 'H'], `reproduction: the second argument must be one of ${rows}, got 'H'.`],
    [['digits', 'A', 'B'], `reproduction: the second argument must be one of ${rows}, got 'A B'.`],
  ])('refuses the arguments %j', async (options, message) => {
    expect(await start(options)).toEqual({ code: 1, output: message })
  })

  it('refuses a folder that holds a run with other settings', async () => {
    const out = join(folder, 'whole')
    const { code, output } = await start(['digits', 'table', '--out', out, '--backend', 'cpu'])
    expect(code).toBe(1)
    expect(output).toMatch(
      /^reproduction: --out must be a new folder or hold a run with these settings, got .*whole, which holds/,
    )
  })
})

it('makes rows of faces, and says what they show', { timeout: 300_000 }, async () => {
  const miniature = MINIATURES.faces!
  const settings = { ...SMOKE, miniature: 'faces', backend: tf.getBackend(), seeds: 1 }
  const run: Run = { out: join(folder, 'faces'), seed: 0, miniature, settings, log: () => {} }
  for (const row of ['teacher', 'E'] as const) await makeRow(row, run)
  const results = await collectResults([run])
  const { attributes } = results.get('teacher')![0]!
  expect(attributes![1]!.agreement).toBeGreaterThan(0.3) // one of eight classes
  expect(attributes![2]!.joint).toBeLessThan(attributes![1]!.joint)
  expect(resultsMarkdown(results, settings)).toContain('shows its class, 1 call')
})
