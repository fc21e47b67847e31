import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { disagreement } from '../src/agree.js'
import { bundle } from '../src/bundle.js'
import { casesOf } from '../src/cases/cases.js'
import { measureCase } from '../src/measure.js'
import { Participant } from '../src/participant.js'
import type { Report } from '../src/report.js'

const python = process.env.PYTHON ?? 'python3'
const float32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64')

/** The packages beside PyTorch that some cases need. */
const NEEDS: Record<string, string> = { 'LPIPS gradient, maximum pooling': 'lpips', dopri5: 'torchdiffeq' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('makes a bundle that times every case by itself, on wasm, stock wasm and, if it is installed, PyTorch', async () => {
  const out = join(folder, 'bundle')
  await bundle(out, { bench: fileURLToPath(new URL('../src/main.ts', import.meta.url)) })
  await promisify(execFile)(
    process.execPath,
    [join(out, 'src/bench.mjs'), '--quick', '--rounds', '1', '--backends', 'wasm', '--python', python],
    { cwd: folder },
  )
  const files = await readdir(join(out, 'results'))
  expect(files.map(file => file.split('.').at(-1)).sort()).toEqual(['json', 'md'])
  const [json, table] = await Promise.all(
    files.sort().map(file => readFile(join(out, 'results', file), 'utf8')),
  )
  const report = JSON.parse(json!) as Report
  expect(report.cases.map(({ name }) => name)).toEqual(casesOf({ quick: true }).map(({ name }) => name))

  const withTorch = !('PyTorch' in report.absent)
  for (const { name, host, size, outcomes } of report.cases) {
    expect(table).toContain(`| ${name}: ${size} | ${host ? 'JavaScript' : 'wasm'} |`)
    const timed = { rounds: [expect.any(Number)], disagreement: expect.toSatisfy((d: number) => d <= 1e-3) }
    const { openStock } = casesOf({ quick: true }).find(one => one.name === name)!
    const ids = ['wasm', ...(openStock === null ? [] : ['wasm stock']), ...(withTorch ? ['PyTorch'] : [])]
    expect(Object.keys(outcomes).sort()).toEqual(ids.sort())
    for (const id of ids)
      if (name === 'training step' && id === 'wasm stock')
        expect(outcomes[id]).toEqual({ cannot: expect.stringContaining('Conv2DBackpropFilter') })
      else if (id === 'PyTorch' && NEEDS[name] && 'cannot' in outcomes[id]!)
        expect(outcomes[id]).toEqual({ cannot: expect.stringContaining(NEEDS[name]!) })
      else expect(outcomes[id], `${name}, ${id}`).toMatchObject(timed)
  }
  const grown = { peak: expect.toSatisfy((bytes: number) => bytes > 0), ms: expect.any(Number) }
  for (const { growth } of report.memory!) {
    expect(growth.wasm).toMatchObject({ ...grown, live: expect.toSatisfy((bytes: number) => bytes > 1e5) })
    if (withTorch) expect(growth.PyTorch).toMatchObject(grown)
  }
  expect(report.memory!.map(({ batch }) => batch)).toEqual([1, 4])
}, 600_000) // PyTorch's threads are very slow on a busy machine

/** A participant with these outputs. */
function participant(id: string, outputs: string[]): Participant {
  const answers = {
    hello: { versions: {} },
    open: { outputs },
    time: { ms: 100, processorMs: 50 },
    close: {},
  }
  const script = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
      console.log(JSON.stringify(${JSON.stringify(answers)}[JSON.parse(line).do]))
    })`
  return new Participant({ id, command: process.execPath, args: ['-e', script] })
}

it('does not time a participant whose outputs disagree with the first', async () => {
  const everyone = [
    participant('first', [float32(1, -2)]),
    participant('close', [float32(1.001, -2)]),
    participant('apart', [float32(1.003, -2)]),
  ]
  for (const one of everyone) await one.start()
  const entrants = everyone.map(participant => ({ participant, lacking: /lacks/ }))
  const outcomes = await measureCase('a case', 'a file', entrants, { rounds: 2, warmUpMs: 0 })
  for (const one of everyone) await one.stop()
  expect(outcomes.get('first')).toEqual({ rounds: [100, 100], repeats: 1, cores: 0.5, disagreement: 0 })
  expect(outcomes.get('close')).toMatchObject({ rounds: [100, 100] })
  expect(outcomes.get('apart')).toEqual({
    failed: 'its outputs differ by 1.3e-3, relative; 0.001 is allowed',
  })
})

it('counts NaN, other lengths and missing outputs as disagreement', () => {
  expect(disagreement([float32(1, 1)], [float32(0, 1)])).toBe(1)
  expect(disagreement([float32(3, 4), float32(0)], [float32(3, 4), float32(0)])).toBe(0)
  expect(disagreement([float32(1, Number.NaN)], [float32(1, 2)])).toBe(Number.POSITIVE_INFINITY)
  expect(disagreement([float32(1)], [float32(1, 2)])).toBe(Number.POSITIVE_INFINITY)
  expect(disagreement([], [float32(1)])).toBe(Number.POSITIVE_INFINITY)
})

it('reports a participant whose program is missing', async () => {
  const absent = new Participant({ id: 'PyTorch', command: join(folder, 'no-python'), args: [] })
  await expect(absent.start()).rejects.toThrow('PyTorch: spawn')
})
