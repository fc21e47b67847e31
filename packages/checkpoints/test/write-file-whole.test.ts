import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { copyFileWhole, writeFileWhole } from '@rectified-flow/checkpoints/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whole-'))
  path = join(folder, 'file')
})
afterEach(() => rm(folder, { recursive: true }))

const text = (name: string) => readFile(join(folder, name), 'utf8')

describe('writeFileWhole', () => {
  it('writes text, bytes and the content from a function, and leaves nothing else', async () => {
    await writeFileWhole(path, 'text')
    expect(await text('file')).toBe('text')
    await writeFileWhole(path, Uint8Array.of(104, 105))
    expect(await text('file')).toBe('hi')
    await writeFileWhole(path, async file => {
      for (const piece of ['one ', 'two']) await file.writeFile(piece)
      expect(await text('file')).toBe('hi') // the old file stays until the new one is whole
    })
    expect(await text('file')).toBe('one two')
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('leaves the old file and nothing else if writing fails', async () => {
    await writeFileWhole(path, 'old')
    const failing = writeFileWhole(path, async file => {
      await file.writeFile('half')
      throw new Error('the disk is full')
    })
    await expect(failing).rejects.toThrow('the disk is full')
    expect(await text('file')).toBe('old')
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('keeps an existing file with replace: false, and if many write at once, one file is kept', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => `writer ${i}`)
    await Promise.all(texts.map(content => writeFileWhole(path, content, { replace: false })))
    const first = await text('file')
    expect(texts).toContain(first)
    await writeFileWhole(path, 'another', { replace: false })
    expect(await text('file')).toBe(first)
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('allows any number of writers of one file', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => `writer ${i}`)
    await Promise.all(texts.map(content => writeFileWhole(path, content)))
    expect(texts).toContain(await text('file'))
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('removes the temporary files of killed writers, and no file of a live writer', async () => {
    let finish = () => {}
    let begun = () => {}
    const writing = new Promise<void>(resolve => {
      begun = resolve
    })
    const slow = writeFileWhole(path, async file => {
      begun()
      await new Promise<void>(resolve => {
        finish = resolve
      })
      await file.writeFile('slow')
    })
    await writing
    const [mine] = (await readdir(folder)) as [string]
    const live = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    try {
      const dead = spawnSync(process.execPath, ['-e', '']).pid
      const by = (pid: number, machine = /\.(\w+)-/.exec(mine)?.[1]) =>
        join(folder, mine.replace(/\.\w+-\d+-/, `.${machine}-${pid}-`))
      const kept = [by(live.pid!), by(dead, '00000000'), join(folder, 'own.tmp')]
      for (const file of [...kept, by(dead)]) await writeFile(file, '')
      await writeFileWhole(join(folder, 'other'), '')
      expect(new Set(await readdir(folder))).toEqual(
        new Set([mine, 'other', ...kept.map(file => basename(file))]),
      )
    } finally {
      live.kill()
      finish()
    }
    await slow
    expect(await text('file')).toBe('slow')
  })

  it.each([
    [23, 'keeps'],
    [25, 'removes'],
  ])('%i hours after a change of a temporary file of another machine, %s it', async (hours, verb) => {
    const [old, temporary] = [path, `${path}.00000000-1-${randomUUID()}.tmp`]
    await writeFile(old, '')
    await utimes(old, 0, 0)
    await link(old, temporary) // as copyFileWhole does: the content is old, the file is new
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3600 * 1000 })
    try {
      await writeFileWhole(join(folder, 'other'), '')
    } finally {
      vi.useRealTimers()
    }
    expect((await readdir(folder)).includes(basename(temporary))).toBe(verb === 'keeps')
  })
})

describe('copyFileWhole', () => {
  it('gives a file a second name, which keeps its content when the first is rewritten', async () => {
    await writeFileWhole(path, 'one')
    await copyFileWhole(path, join(folder, 'best'))
    await copyFileWhole(path, join(folder, 'best'))
    await writeFileWhole(path, 'two')
    expect(await text('best')).toBe('one')
    expect((await readdir(folder)).sort()).toEqual(['best', 'file'])
  })
  // Only a copy if the other folder is on another disk; else a link again.
  it.skipIf(!existsSync('/dev/shm'))('copies to another disk', async () => {
    const elsewhere = await mkdtemp('/dev/shm/whole-')
    try {
      await writeFileWhole(path, 'one')
      await copyFileWhole(path, join(elsewhere, 'best'))
      expect(await readFile(join(elsewhere, 'best'), 'utf8')).toBe('one')
      expect(await readdir(elsewhere)).toEqual(['best'])
    } finally {
      await rm(elsewhere, { recursive: true })
    }
  })
})
