import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImages } from '@rectified-flow/datasets/node'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asFolder, asZip, png, read } from './image-set.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formats-'))
})
afterEach(() => rm(folder, { recursive: true }))

const allowJpeg = true
const grey = (value: number) =>
  sharp(Buffer.alloc(64, value), { raw: { width: 8, height: 8, channels: 1 } }).toColourspace('b-w')
const colour = (...value: number[]) =>
  sharp(
    Uint8Array.from({ length: 192 }, (_, i) => value[i % 3]!),
    {
      raw: { width: 8, height: 8, channels: 3 },
    },
  )

describe('openImages of other formats than PNG', () => {
  it('reads grey JPEG with 1 channel, beside grey PNG too', async () => {
    const files = {
      '0.jpg': await grey(100).jpeg().toBuffer(),
      '1.png': png(50, { width: 8, height: 8, channels: 1 }),
      '2.JPEG': await grey(7).jpeg({ progressive: true }).toBuffer(),
    }
    const path = await asFolder(folder, files)
    expect(await read(path, { allowJpeg })).toMatchObject({ shape: [3, 8, 8, 1], values: [100, 50, 7] })
    expect(await read(path, { allowJpeg, channels: 3 })).toMatchObject({ shape: [3, 8, 8, 3] })
  })

  it('reads WebP as colours, because it has no grey, and drops its alpha', async () => {
    const files = {
      '0.webp': await grey(100).webp({ lossless: true }).toBuffer(),
      '1.webp': await colour(9, 8, 7).ensureAlpha(0.5).webp({ lossless: true }).toBuffer(),
    }
    const path = await asFolder(folder, files)
    expect(await read(path)).toMatchObject({ shape: [2, 8, 8, 3], values: [100, 9] })
    expect(await read(path, { channels: 1 })).toMatchObject({ shape: [2, 8, 8, 1], values: [100, 8] })
  })

  it('reads CMYK JPEG by its numbers, as Pillow does', async () => {
    // Pillow: Image.new('CMYK', (8, 8), (207, 20, 45, 60)) saved as JPEG, quality 100; Image.open(...).convert('RGB').
    const jpeg = Buffer.from(cmykJpeg, 'base64')
    const source = await openImages(await asFolder(folder, { '0.jpg': jpeg }), { allowJpeg })
    expect([...(await source.read([0])).images.subarray(0, 3)]).toEqual([37, 180, 161])
  })

  it('goes by what a file is, not by its name', async () => {
    const jpeg = await colour(1, 2, 3).jpeg().toBuffer()
    await expect(openImages(await asFolder(folder, { '0.png': jpeg }))).rejects.toThrow('must not be JPEG')
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
    const path = await asFolder(folder, { '0.png': svg })
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: '0.png' of '${path}' must be PNG, JPEG or WebP, got 62 bytes that begin with [60,115,118,103,32,120,109,108].`,
    )
    await expect(openImages(await asFolder(folder, { '0.png': '' }))).rejects.toThrow('got 0 bytes')
  })

  it('refuses to leave out images of other kinds', async () => {
    const path = await asZip(folder, {
      '0.png': png(1),
      'a/1.bmp': '',
      '2.TIFF': '',
      'notes.txt': '',
      '.3.gif': '',
    })
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: images must be PNG, JPEG or WebP, got 2 of another kind in '${path}': ['2.TIFF','a/1.bmp']. Convert or remove them.`,
    )
  })

  it('names damaged files, and refuses JPEG and WebP of more pixels than `maxBytes`', async () => {
    const jpeg = await colour(1, 2, 3).jpeg().toBuffer()
    await expect(
      read(await asZip(folder, { '0.jpg': jpeg.subarray(0, 200) }), { allowJpeg }),
    ).rejects.toThrow(
      /^datasets\.openImages: '0\.jpg' of '.*set\.zip' must be a whole image, got a damaged one \(/,
    )
    const large = sharp({ create: { width: 12000, height: 12000, channels: 3, background: 'white' } })
    const path = await asFolder(folder, { '0.webp': await large.webp({ effort: 0 }).toBuffer() })
    await expect(openImages(path)).rejects.toThrow(
      /^datasets\.openImages: '0\.webp' of '.*' must unpack to at most \d+ bytes, got 432000000\. Raise maxBytes if you trust it\.$/,
    )
  })
})

describe('openImages of links and of what is no file', () => {
  it('follows links to files and to class folders', async () => {
    const real = await asFolder(folder, { 'cat/0.png': png(1), 'cat/1.png': png(2), 'dog/0.png': png(3) })
    const links = join(folder, 'links')
    await mkdir(join(links, 'dog'), { recursive: true })
    await symlink('../set/cat', join(links, 'cat'))
    await symlink(join(real, 'dog/0.png'), join(links, 'dog/x.png'))
    expect(await read(links)).toMatchObject({ values: [1, 2, 3], labels: [0, 0, 1], classes: 2 })
    await symlink(links, join(folder, 'linked'))
    expect(await read(join(folder, 'linked'))).toMatchObject({ values: [1, 2, 3] })
  })

  it('refuses links that lead nowhere or around', async () => {
    const path = await asFolder(folder, { 'a/0.png': png(1), 'b/0.png': png(1) })
    await symlink('../gone', join(path, 'a/sub'))
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: 'a/sub' of '${path}' must link to a file or a folder, got a link that leads nowhere.`,
    )
    await rm(join(path, 'a/sub'))
    for (const [link, target] of [
      ['a/up', '../..'],
      ['a/self', '../a'],
      ['a/loop', 'loop'],
    ] as const) {
      await symlink(target, join(path, link))
      await expect(openImages(path)).rejects.toThrow(
        /must (not link to a folder that holds it|link to a file)/,
      )
      await rm(join(path, link))
    }
    await symlink('../b', join(path, 'a/over'))
    await symlink('../a', join(path, 'b/over'))
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: 'a/over/over' of '${path}' must not link to a folder that holds it, got '${path}/a'.`,
    )
  })

  it.skipIf(process.platform === 'win32')(
    'refuses pipes and devices instead of waiting for them',
    async () => {
      const path = await asFolder(folder, { '0.png': png(1) })
      execFileSync('mkfifo', [join(path, 'a.png')])
      await expect(openImages(path)).rejects.toThrow(
        `datasets.openImages: 'a.png' of '${path}' must be a file or a folder, got a pipe.`,
      )
      await rm(join(path, 'a.png'))
      await symlink('/dev/zero', join(path, 'a.png'))
      await expect(openImages(path)).rejects.toThrow("'a.png' of")
      for (const name of ['x.npz', 'x.zip', 'x.tar.gz', 'x-idx3-ubyte']) {
        execFileSync('mkfifo', [join(folder, name)])
        await expect(openImages(join(folder, name))).rejects.toThrow(
          `datasets.openImages: path must name a folder or a file, got a pipe, '${join(folder, name)}'.`,
        )
      }
      await mkdir(join(folder, 'digits'))
      execFileSync('mkfifo', [join(folder, 'digits/train-images-idx3-ubyte')])
      await writeFile(join(folder, 'digits/train-labels-idx1-ubyte'), '')
      await expect(openImages(join(folder, 'digits'))).rejects.toThrow('got a pipe')
    },
  )
})

const cmykJpeg =
  '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD+X+v7WK/qQr+hiv/Z'
