import { fork } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderContents } from '../../../test/kills/folder-contents.js'
import { type Job, killAgainAndAgain } from '../../../test/kills/kill-again-and-again.js'
import { bundle, run } from './child-program.js'

let folder: string
let program: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairs-killed-'))
  program = join(folder, 'tiny-pairs.mjs')
  await bundle('tiny-pairs.ts', program)
})
afterAll(() => rm(folder, { recursive: true }))

const job: Job = {
  start: out => fork(program, [out], { silent: true, execArgv: [] }),
  writesTo: ['.'],
  contents: out => folderContents(out),
}

describe('generatePairs', () => {
  it('ends with the files of an undisturbed run after 20 kills (kill -9)', { timeout: 180_000 }, async () => {
    const rng = createRng(20)
    const own = join(folder, 'killed')
    await mkdir(own)
    await killAgainAndAgain(job, { folder: own, kills: 20, uniform: () => rng.uniforms(1)[0]! })
  })

  it('makes the same files in two processes at once, with a part each and with all of it', {
    timeout: 60_000,
  }, async () => {
    const [whole, parts, both] = [join(folder, 'whole'), join(folder, 'parts'), join(folder, 'both')]
    await run(program, [whole])
    await Promise.all(['0', '1'].map(part => run(program, [parts, part, '2'])))
    await Promise.all([0, 1, 2].map(() => run(program, [both])))
    for (const folder of [parts, both])
      expect(await folderContents(folder)).toEqual(await folderContents(whole))
  })
})
