import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder, tryFolder } from '@rectified-flow/checkpoints/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'make-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('makeFolder', () => {
  it('makes a folder and those above it, by any number of callers at once', async () => {
    const deep = join(folder, 'a/b/c')
    await Promise.all([deep, deep, join(folder, 'a/b/d'), deep].map(makeFolder))
    await makeFolder(deep)
    expect((await readdir(join(folder, 'a/b'))).sort()).toEqual(['c', 'd'])
  })

  it('throws where no folder can be made', async () => {
    await writeFile(join(folder, 'file'), '')
    await symlink(join(folder, 'nowhere'), join(folder, 'link'))
    for (const path of ['file', 'file/a', 'file/a/b', 'link', 'link/a'])
      await expect(makeFolder(join(folder, path))).rejects.toThrow(/^(EEXIST|ENOTDIR|ENOENT)/)
  })

  it.runIf(process.platform === 'linux')('ends in /proc, where mkdir of Node does not', async () => {
    await expect(makeFolder('/proc/nowhere/a')).rejects.toThrow(/^(ENOENT|EACCES)/)
  })
})

describe('tryFolder', () => {
  it('leaves nothing behind', async () => {
    await tryFolder(folder)
    expect(await readdir(folder)).toEqual([])
    await expect(tryFolder(join(folder, 'none'))).rejects.toThrow(/^ENOENT/)
  })
})
