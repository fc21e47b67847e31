import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, run } from './child-program.js'

const KILLS = 20
let folder: string
let program: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairs-killed-'))
  program = join(folder, 'tiny-pairs.mjs')
  await bundle('tiny-pairs.ts', program)
})
afterAll(() => rm(folder, { recursive: true }))

async function contents(directory: string): Promise<[string, string][]> {
  const names = (await readdir(directory)).sort()
  return Promise.all(names.map(async name => [name, (await readFile(join(directory, name))).toString('hex')]))
}

describe('generatePairs', () => {
  it('ends with the files of an undisturbed run after 20 times kill -9', { timeout: 180_000 }, async () => {
    const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')]
    await run(program, [whole])
    const expected = await contents(whole)
    const rng = createRng(Date.now())
    let kills = 0
    let runs = 0
    while (kills < KILLS || runs === 0) {
      const [u, v] = rng.uniforms(2) as unknown as [number, number]
      const at = 2 * Math.floor(u * 20)
      const { killed } = await run(program, [broken], (done, child) => {
        if (kills < KILLS && done === at) setTimeout(() => child.kill('SIGKILL'), v * 5)
      })
      if (killed) kills++
      else {
        expect(await contents(broken)).toEqual(expected)
        await rm(broken, { recursive: true })
        runs++
      }
    }
  })

  it('makes the same files in two processes at once', { timeout: 60_000 }, async () => {
    const [whole, two] = [join(folder, 'whole'), join(folder, 'two')]
    await Promise.all(['0', '1'].map(part => run(program, [two, part, '2'])))
    expect(await contents(two)).toEqual(await contents(whole))
  })
})
