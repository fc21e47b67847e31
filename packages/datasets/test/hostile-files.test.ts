import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, createDeflate, createDeflateRaw, createGzip } from 'node:zlib'
import { type OpenImagesOptions, openImages } from '@rectified-flow/datasets/node'
import { pngChunk } from '@rectified-flow/tools/png-chunk'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bomb, peakGrowth } from './bomb.js'
import { asFolder, asZip, png } from './image-set.js'
import { pngOf } from './png-file.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Opening must fail with this message, and take little memory: the files here unpack to 400 MB. */
async function expectRefused(path: string, message: RegExp, options: OpenImagesOptions = {}): Promise<void> {
  const growth = await peakGrowth(() => expect(openImages(path, options)).rejects.toThrow(message))
  expect(growth).toBeLessThan(250e6) // twice what the default allows for 400 kB, 104 MiB, and the process's own needs
}

/** A zip with one deflated entry: its data are a bomb, its size is what the zip says. */
async function zipBomb(name: string, size: number): Promise<string> {
  const packed = await bomb(createDeflateRaw())
  const entry = Buffer.alloc(26)
  entry.writeUInt16LE(20)
  entry.writeUInt16LE(8, 4)
  entry.writeUInt32LE(crc32(Buffer.alloc(Math.min(size, 1))), 10)
  entry.writeUInt32LE(packed.length, 14)
  entry.writeUInt32LE(size, 18)
  entry.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), entry, Buffer.from(name), packed])
  const listed = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00'),
    entry,
    Buffer.alloc(14),
    Buffer.from(name),
  ])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(local.length, 16)
  const path = join(folder, 'bomb.zip')
  await writeFile(path, Buffer.concat([local, listed, end]))
  return path
}

/** The header of an IDX file of these sizes. */
function idxHeader(...shape: number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.set([0, 0, 8, shape.length])
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis)
  return header
}

it('an image in a zip stops at the size that the zip says', async () => {
  await expectRefused(
    await zipBomb('a.png', 1),
    /'a\.png' of '.*bomb\.zip' must be whole, got a damaged entry/,
  )
  await expectRefused(
    await zipBomb('a.png', 4e8),
    /^datasets\.ZipReader\.read: 'a\.png' of '.*bomb\.zip' must unpack to at most \d+ bytes, got 400000000\. Raise/,
  )
})

it('PNG in a folder stops at the size of its header', async () => {
  const zeros = await bomb(createDeflate())
  const path = await asFolder(folder, { '0.png': pngOf([9999, 99999, 8, 0, 0], [pngChunk('IDAT', zeros)]) })
  await expectRefused(
    path,
    /'0\.png' of '.*' must unpack to at most \d+ bytes, got 999890001\. Raise maxBytes/,
  )
  // The header of an empty file promises a gigabyte.
  const empty = await asFolder(folder, { '0.png': pngOf([9999, 99999, 8, 0, 0], [pngChunk('IDAT', [])]) })
  await expectRefused(empty, /must be a whole image, got a damaged one \(it has too little data/, {
    maxBytes: 1e10,
  })
})

it('IDX and tar of gzip stop at `maxBytes`', async () => {
  const path = join(folder, 'train-images-idx3-ubyte.gz')
  await writeFile(path, await bomb(createGzip(), idxHeader(400, 1000, 1000)))
  await expectRefused(
    path,
    /^datasets\.parseIdx: bytes must unpack to at most \d+ bytes, got \d+\. .*idx3-ubyte\.gz/,
  )
  const archive = join(folder, 'cifar-10-binary.tar.gz')
  await writeFile(archive, await bomb(createGzip(), tarHeader('data_batch_1.bin', 4e8)))
  await expectRefused(
    archive,
    /^datasets\.readCifar10: '.*tar\.gz' must unpack to at most \d+ bytes, got \d+\. Raise/,
  )
})

it('counts of headers are not believed', async () => {
  const path = join(folder, 'train-images-idx3-ubyte')
  await writeFile(path, idxHeader(4294967295, 4294967295, 4294967295))
  await expectRefused(
    path,
    /^datasets\.parseIdx: bytes must be .* bytes for shape .*, got 16\. The file is truncated\./,
  )
  await writeFile(path, idxHeader(...Array<number>(255).fill(1)))
  await expectRefused(path, /^.{1,600}$/s)
})

it('messages stay short, however long the names are', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `${'x'.repeat(3000)}${i}`)
  const zips = [
    { [`${names[0]}.png`]: 'no image' },
    Object.fromEntries(names.map(name => [`${name}.gif`, ''])),
    { 'a.png': png(1), 'dataset.json': JSON.stringify({ labels: [[names[0], 0]] }) },
    { 'a.png': png(1), 'dataset.json': JSON.stringify({ labels: names }) },
    Object.fromEntries(names.map(name => [`${name}/dataset.json`, ''])),
  ]
  for (const files of zips) {
    const error = await openImages(await asZip(folder, files)).catch(error => error)
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message.length).toBeLessThan(1000)
  }
})

it('a PNG of 200,000 empty chunks takes little time and memory', async () => {
  const chunks = Array.from({ length: 200_000 }, () => pngChunk('IDAT', []))
  const path = await asFolder(folder, { '0.png': pngOf([4, 4, 8, 0, 0], chunks) })
  await expectRefused(path, /must be a whole image, got a damaged one/)
})

/** The header of a file in a tar archive. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        0', 148)
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((a, b) => a + b)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
