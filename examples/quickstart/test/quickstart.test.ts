import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng } from '@rectified-flow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const built = existsSync(fileURLToPath(new URL('../../../packages/reflow/dist/index.js', import.meta.url)))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quickstart-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/**
 * Run the quickstart in its smallest size, by default on wasm (native backends print on stderr). After killMs, if given,
 * kill -9 it and its workers. Resolves to its exit code and stderr.
 */
function quickstart(options: string[], killMs = 0): Promise<{ code: number | null; stderr: string }> {
  return new Promise(resolve => {
    const backend = options.includes('--backend') ? [] : ['--backend', 'wasm']
    const child = spawn(process.execPath, ['--import', 'tsx', main, '--smoke', ...backend, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true, // a process group of its own, so that its workers die with it
    })
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    const timer = killMs > 0 ? setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), killMs) : undefined
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ code, stderr })
    })
  })
}

describe.skipIf(!built)('quickstart', () => {
  it('gives the same metrics bit for bit when it is killed again and again', {
    timeout: 300_000,
  }, async () => {
    const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')]
    const begin = performance.now()
    expect(await quickstart(['--config', 'D,F', '--out', whole])).toMatchObject({ code: 0 })
    const length = performance.now() - begin
    // Half of its length at most: it goes on where it was killed, so later kills come later in its work.
    for (const part of createRng(4).uniforms(4))
      await quickstart(['--config', 'D,F', '--out', broken], length * (0.2 + 0.3 * part))
    expect(await quickstart(['--config', 'D,F', '--out', broken])).toMatchObject({ code: 0 })
    for (const name of ['metrics.json', 'samples.png', 'trajectories.png'])
      expect((await readFile(join(broken, name))).equals(await readFile(join(whole, name))), name).toBe(true)
  })

  it.each([
    [
      'an unknown backend',
      ['--backend', 'tpu'],
      "backends.useBackend: name must be one of node-gpu, webgpu, webgpu-software, node, wasm, cpu, got 'tpu'.",
    ],
    [
      'an unknown configuration',
      ['--config', 'D,X'],
      "quickstart: --config must be among C, D, E, F, got 'X'.",
    ],
    ['no seeds', ['--seeds', '0'], "quickstart: --seeds must be an integer >= 1, got '0'."],
    [
      'a missing teacher',
      ['--teacher', '/no/teacher'],
      'quickstart: --teacher must be a file that can be read, got /no/teacher (ENOENT).',
    ],
    [
      'a folder that cannot be made',
      ['--out', '/dev/null/run'],
      'quickstart: --out must be a folder that can be written to, got /dev/null/run (ENOTDIR).',
    ],
  ])('refuses %s', async (_, options, message) => {
    const { code, stderr } = await quickstart(options)
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 1, stderr: message })
  })

  it('refuses a truncated teacher, and writes nothing of it', async () => {
    const teacher = join(folder, 'teacher.safetensors')
    const shipped = fileURLToPath(
      import.meta.resolve('@rectified-flow/flow/weights/face-teacher.safetensors'),
    )
    await writeFile(teacher, (await readFile(shipped)).subarray(0, 100_000))
    const out = join(folder, 'truncated')
    const { code, stderr } = await quickstart(['--teacher', teacher, '--out', out])
    expect(code).toBe(1)
    expect(stderr).toContain(`quickstart: can't read ${teacher}: checkpoints.readSafetensors: `)
    expect(stderr).toContain('The file may be truncated.')
    expect(await readdir(join(out, 'seed-0/pairs'))).toEqual(['pairs.json']) // the plan, and no pairs
  })

  it('refuses a folder that holds a run with other settings', async () => {
    const out = join(folder, 'other')
    const teacher = join(folder, 'none.safetensors')
    await writeFile(teacher, 'not weights')
    await quickstart(['--teacher', teacher, '--out', out])
    const { code, stderr } = await quickstart(['--out', out])
    expect(code).toBe(1)
    expect(stderr).toContain(
      `quickstart: --out must be a new folder or hold a run with these settings, got ${out}`,
    )
  })
})
