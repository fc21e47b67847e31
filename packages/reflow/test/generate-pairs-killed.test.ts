import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, run } from './child-program.js'
import { killAgainAndAgain } from './kill-again-and-again.js'

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
  it('ends with the files of an undisturbed run after 20 kills (kill -9)', { timeout: 180_000 }, async () => {
    const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')]
    await run(program, [whole])
    const expected = await contents(whole)
    await killAgainAndAgain({
      program,
      args: [broken],
      folder: broken,
      writesTo: ['.'],
      onEnd: async () => expect(await contents(broken)).toEqual(expected),
    })
  })

  it('makes the same files in two processes at once', { timeout: 60_000 }, async () => {
    const [whole, two] = [join(folder, 'whole'), join(folder, 'two')]
    await Promise.all(['0', '1'].map(part => run(program, [two, part, '2'])))
    expect(await contents(two)).toEqual(await contents(whole))
  })
})
