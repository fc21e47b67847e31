import { execFile } from 'node:child_process'
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRng } from '@rectified-flow/core'
import { ZipReader, ZipWriter } from '@rectified-flow/datasets/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const python = await run('python3', ['--version']).then(
  () => true,
  () => false,
)
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zip-'))
  path = join(folder, 'a.zip')
})
afterEach(() => rm(folder, { recursive: true }))

async function write(entries: Iterable<[name: string, bytes: Uint8Array]>): Promise<void> {
  const file = await open(path, 'w')
  const zip = new ZipWriter(file)
  for (const [name, bytes] of entries) await zip.add(name, bytes)
  await zip.finish()
  await file.close()
}

describe('ZipWriter and ZipReader', () => {
  it('write and read the same files', async () => {
    const files: [string, Uint8Array][] = [
      ['empty.bin', new Uint8Array(0)],
      ['ordner/größe.txt', new TextEncoder().encode('hello')],
      ['large.bin', Uint8Array.from(createRng(1).integers(3_000_000, 256))],
    ]
    await write(files)
    const zip = await ZipReader.open(path)
    expect(zip.count).toBe(3)
    for (const [i, [name, bytes]] of files.entries()) {
      expect(zip.name(i)).toBe(name)
      expect(Buffer.compare(await zip.read(i), bytes)).toBe(0)
    }
    await zip.close()
  })

  it('write and read more than 65,535 entries', async () => {
    await write(
      (function* () {
        for (let i = 0; i < 70_000; i++)
          yield [`${String(i).padStart(5, '0')}.bin`, Uint8Array.of(i & 255, i >> 8)]
      })(),
    )
    const zip = await ZipReader.open(path)
    expect(zip.count).toBe(70_000)
    expect([zip.numberOf(69_999), [...(await zip.read(69_999))]]).toEqual([
      69_999,
      [69_999 & 255, (69_999 >> 8) & 255],
    ])
    await zip.close()
    if (python) {
      const check =
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(len(z.namelist()), z.read("65536.bin").hex())'
      expect((await run('python3', ['-c', check, path])).stdout).toBe('70000 0000\n')
    }
  }, 60_000)

  it.skipIf(!python)(
    'read what Python writes, stored and deflated, with data after unknown sizes',
    async () => {
      const make = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('a/', '')
    z.writestr('a/stored.txt', 'x' * 1000, zipfile.ZIP_STORED)
    z.writestr('a/deflated.txt', 'y' * 1000, zipfile.ZIP_DEFLATED)
    with z.open('a/zip64.txt', 'w', force_zip64=True) as f: f.write(b'z' * 1000)
`
      await run('python3', ['-c', make, path])
      const zip = await ZipReader.open(path)
      const names = Array.from({ length: zip.count }, (_, i) => zip.name(i))
      expect(names).toEqual(['a/', 'a/stored.txt', 'a/deflated.txt', 'a/zip64.txt'])
      for (const [i, letter] of ['x', 'y', 'z'].entries())
        expect((await zip.read(i + 1)).toString()).toBe(letter.repeat(1000))
      await zip.close()
    },
  )

  it('read entries beyond 4 GiB', async () => {
    // Before the zip there is a gap that is never written: the file is sparse and takes no space.
    const start = 2 ** 32 + 1000
    await writeFile(path, '')
    await truncate(path, start)
    const file = await open(path, 'a')
    const zip = new ZipWriter(file, { start })
    await zip.add('near.bin', Uint8Array.of(1))
    await zip.add('far.bin', Uint8Array.of(2, 3))
    await zip.finish()
    await file.close()
    const reader = await ZipReader.open(path)
    expect([...(await reader.read(0))]).toEqual([1])
    expect([...(await reader.read(1))]).toEqual([2, 3])
    await reader.close()
    if (python) {
      const check = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("far.bin").hex())'
      expect((await run('python3', ['-c', check, path])).stdout).toBe('0203\n')
    }
  })

  it.each([10, 70_000])('read zips with other bytes before them, of %i entries', async count => {
    await write([...Array(count).keys()].map(i => [`${i}.bin`, Uint8Array.of(i & 255)]))
    await writeFile(path, Buffer.concat([Buffer.from('#!/bin/sh\n'.repeat(50)), await readFile(path)]))
    const zip = await ZipReader.open(path)
    expect(zip.count).toBe(count)
    expect([...(await zip.read(count - 1))]).toEqual([(count - 1) & 255])
    await zip.close()
  })

  it('say what is there instead of a file', async () => {
    await expect(ZipReader.open(folder)).rejects.toThrow(
      `datasets.openZip: path must be a file, got a folder, '${folder}'.`,
    )
    await expect(ZipReader.open(path)).rejects.toThrow(
      `datasets.openZip: path must be a file, got '${path}' (ENOENT).`,
    )
  })

  it('name damaged entries, and files that are no zips', async () => {
    await write([['a.bin', Uint8Array.of(1, 2, 3)]])
    const bytes = await readFile(path)
    bytes[bytes.indexOf(Uint8Array.of(1, 2, 3))]! ^= 1
    await writeFile(path, bytes)
    const zip = await ZipReader.open(path)
    await expect(zip.read(0)).rejects.toThrow(
      `datasets.ZipReader.read: 'a.bin' of '${path}' must be whole, got a damaged entry: its checksum is wrong.`,
    )
    await zip.close()
    await writeFile(path, bytes.subarray(0, bytes.length - 10))
    await expect(ZipReader.open(path)).rejects.toThrow(
      `datasets.openZip: '${path}' must be a zip file, got no end of a directory: another kind of file, or a truncated one.`,
    )
  })

  it('refuse a ZIP64 entry without its sizes', async () => {
    await write([['a.bin', Uint8Array.of(1)]])
    const bytes = await readFile(path)
    const entry = bytes.indexOf('PK\x01\x02')
    bytes.writeUInt32LE(0xffffffff, entry + 24) // its size is in the extra field
    bytes.writeUInt16LE(4, entry + 30)
    for (const extra of [Buffer.from([1, 0, 8, 0]), Buffer.alloc(0)]) {
      const end = entry + 46 + 5
      const zip = Buffer.concat([bytes.subarray(0, end), extra, bytes.subarray(end)])
      zip.writeUInt32LE(46 + 5 + extra.length, zip.length - 10)
      await writeFile(path, zip)
      await expect(ZipReader.open(path)).rejects.toThrow(
        `datasets.openZip: '${path}' must be a zip file, got a damaged directory at entry 0.`,
      )
    }
  })

  it('refuse directories with damage of any kind', async () => {
    await write([...Array(20)].map((_, i) => [`${i}.bin`, Uint8Array.of(i)]))
    const whole = await readFile(path)
    const rng = createRng(5)
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(whole)
      for (const at of rng.integers(3, bytes.length)) bytes[at] = rng.integers(1, 256)[0]!
      await writeFile(path, bytes)
      try {
        const zip = await ZipReader.open(path)
        for (let i = 0; i < zip.count; i++)
          await zip.read(i).catch(error => expect(error).toBeInstanceOf(RangeError))
        await zip.close()
      } catch (error) {
        expect((error as Error).message).toMatch(/^datasets\.openZip: .* must be a zip file/)
      }
    }
  })
})
