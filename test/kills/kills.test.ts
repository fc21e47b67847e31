import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands, MAIN } from './commands.js'
import { type Job, killAgainAndAgain } from './kill-again-and-again.js'

// A share of `npm run kills`. It needs the built command, which `npm run build` makes.
describe.runIf(existsSync(MAIN))('a command that is killed (kill -9) and started again', () => {
  let folder: string
  let jobs: Record<string, Job>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kills-'))
    jobs = await commands(folder)
  }, 300_000)
  afterAll(() => rm(folder, { recursive: true }))

  it.each(['pairs', 'pairs webdataset', 'train', 'sample --out', 'fid calc'])(
    '%s makes the files of an undisturbed run',
    {
      timeout: 600_000,
    },
    async name => {
      const rng = createRng(name.length)
      const own = join(folder, name)
      await mkdir(own)
      const plan = { folder: own, kills: 5, uniform: () => rng.uniforms(1)[0]! }
      const { ends, kills } = await killAgainAndAgain(jobs[name]!, plan)
      expect(kills).toBeGreaterThanOrEqual(5)
      expect(ends).toBeGreaterThan(0)
    },
  )
})
