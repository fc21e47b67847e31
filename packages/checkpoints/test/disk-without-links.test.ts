import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyFileWhole, writeFileWhole } from '@rectified-flow/checkpoints/node'
import { expect, it, vi } from 'vitest'

vi.mock('node:fs/promises', async original => ({
  ...(await original<object>()),
  link: async () => {
    throw Object.assign(new Error('operation not permitted, link'), { code: 'EPERM' })
  },
}))

it('keeps existing files and copies files too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whole-'))
  const at = (name: string) => join(folder, name)
  await writeFileWhole(at('file'), 'one', { replace: false })
  await writeFileWhole(at('file'), 'two', { replace: false })
  await copyFileWhole(at('file'), at('best'))
  expect(await Promise.all(['file', 'best'].map(name => readFile(at(name), 'utf8')))).toEqual(['one', 'one'])
  expect((await readdir(folder)).sort()).toEqual(['best', 'file'])
  await rm(folder, { recursive: true })
})
