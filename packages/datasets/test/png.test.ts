import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, createDeflate } from 'node:zlib'
import { createRng, NumericError } from '@rectified-flow/core'
import { decodePng, encodePngGrid } from '@rectified-flow/datasets'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { pngChunk } from '@rectified-flow/tools/png-chunk'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { encode } from 'fast-png'
import { zlibSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { bomb, peakGrowth } from './bomb.js'
import golden from './golden/png.json' with { type: 'json' }
import { pngOf } from './png-file.js'

const size = fc.integer({ min: 1, max: 4 })

describe('encodePngGrid', () => {
  it('round-trips the 256 levels of one image', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, fc.constantFrom(1, 3), fc.nat(255), async (h, w, c, first) => {
        const levels = Array.from({ length: h * w * c }, (_, i) => ((first + 37 * i) % 256) / 127.5 - 1)
        const images = tf.tensor4d(levels, [1, h, w, c])
        await expectClose(decodePng(await encodePngGrid(images)), images, f32)
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('lays out rows with gaps, clamps and rounds', async () => {
    const images = { data: [-7, 0.001, 0.5], shape: [3, 1, 1, 1] as [number, number, number, number] }
    const grid = decodePng(await encodePngGrid(images, { columns: 2, gap: 1, scale: 2, background: 1 }))
    const [a, b, c, _] = [0, 128, 191, 255].map(v => v / 127.5 - 1) as [number, number, number, number]
    const rows = [
      [a, a, _, b, b],
      [a, a, _, b, b],
      [_, _, _, _, _],
      [c, c, _, _, _],
      [c, c, _, _, _],
    ]
    await expectClose(grid, tf.tensor4d(rows.flat(), [1, 5, 5, 1]), f32)
  })

  it('makes the grid as square as possible by default', async () => {
    const images = tf.zeros([5, 4, 4, 3]) as tf.Tensor4D
    expect(decodePng(await encodePngGrid(images)).shape).toEqual([1, 10, 16, 3])
  })

  it('leaves no tensor behind', async () => {
    const images = tf.zeros([2, 3, 3, 1]) as tf.Tensor4D
    await expectNoLeak(async () => decodePng(await encodePngGrid(images)).dispose())
  })

  it('says what is wrong', async () => {
    const shape: [number, number, number, number] = [1, 1, 2, 1]
    await expect(encodePngGrid({ data: [0, NaN], shape })).rejects.toThrow(
      new NumericError('non-finite', 'datasets.encodePngGrid: images must be finite, got NaN at index 1.'),
    )
    await expect(encodePngGrid({ data: [0], shape })).rejects.toThrow(
      new RangeError('datasets.encodePngGrid: images must hold 2 numbers for shape [1,1,2,1], got 1.'),
    )
    await expect(encodePngGrid(tf.zeros([2, 2, 2, 4]))).rejects.toThrow(
      new RangeError('datasets.encodePngGrid: images must have 1 or 3 channels, got shape [2,2,2,4].'),
    )
    await expect(encodePngGrid(tf.zeros([0, 2, 2, 3]))).rejects.toThrow(
      new RangeError('datasets.encodePngGrid: images must hold at least 1 pixel, got shape [0,2,2,3].'),
    )
    await expect(encodePngGrid(tf.zeros([2, 2, 3]) as unknown as tf.Tensor4D)).rejects.toThrow(
      new RangeError('datasets.encodePngGrid: images must have shape [N,H,W,C], got [2,2,3].'),
    )
    await expect(encodePngGrid(tf.zeros([1, 2, 2, 3]), { columns: 0 })).rejects.toThrow(
      new RangeError('datasets.encodePngGrid: columns must be an integer >= 1, got 0.'),
    )
  })
})

describe('decodePng', () => {
  it('reads 16 bits, 1 bit, palettes and alpha', async () => {
    const deep = encode({ width: 2, height: 1, data: Uint16Array.of(0, 65535), depth: 16, channels: 1 })
    await expectClose(decodePng(deep), tf.tensor4d([-1, 1], [1, 1, 2, 1]))
    // Two rows of three bits: 101, 010. Each row starts a new byte.
    const bits = encode({ width: 3, height: 2, data: Uint8Array.of(0xa0, 0x40), depth: 1, channels: 1 })
    await expectClose(decodePng(bits), tf.tensor4d([1, -1, 1, -1, 1, -1], [1, 2, 3, 1]))
    const alpha = encode({ width: 1, height: 1, data: Uint8Array.of(255, 0, 255, 0), channels: 4 })
    await expectClose(decodePng(alpha), tf.tensor4d([1, -1, 1, -1], [1, 1, 1, 4]))
    const palette = [
      [255, 0, 0],
      [0, 0, 255],
    ]
    const indexed = encode({ width: 2, height: 1, data: Uint8Array.of(1, 0), channels: 1, palette })
    await expectClose(decodePng(indexed), tf.tensor4d([-1, -1, 1, 1, -1, -1], [1, 1, 2, 3]))
  })

  it.each(golden.cases)('reads what Pillow reads: $name', async ({ file, shape, max, pixels }) => {
    const image = decodePng(Buffer.from(file, 'base64'))
    const bytes = Buffer.from(pixels, 'base64')
    const values = Array.from({ length: max > 255 ? bytes.length / 2 : bytes.length }, (_, i) => {
      const value = max > 255 ? bytes.readUInt16BE(2 * i) : bytes[i]!
      return (2 * value) / max - 1
    })
    await expectClose(image, tf.tensor4d(values, [1, ...(shape as [number, number, number])]), f32)
  })

  it('reads colours beside a palette that is only a hint, and the first frame of an animation', () => {
    const palette = pngChunk('PLTE', [9, 9, 9])
    const line = zlibSync(Uint8Array.of(0, 10, 20, 30))
    const frame = pngChunk('fdAT', [0, 0, 0, 1, ...zlibSync(Uint8Array.of(0, 99, 99, 99))])
    const png = decodePng(pngOf([1, 1, 8, 2, 0], [palette, pngChunk('IDAT', line), frame]))
    expect([...png.dataSync()]).toEqual([10, 20, 30].map(v => Math.fround((2 * v) / 255 - 1)))
  })

  it.each([
    [
      'a palette without the colour',
      [1, 1, 8, 3, 0],
      [pngChunk('PLTE', [1, 2, 3])],
      'its palette has no colour 1',
    ],
    ['a colour type without that depth', [1, 1, 4, 2, 0], [], 'its colour type is 2 with 4 bits'],
    ['an unknown interlacing', [1, 1, 8, 0, 2], [], 'its methods are 0,0,2'],
    ['no pixels', [0, 1, 8, 0, 0], [], 'it has 1x0 pixels'],
    ['a second header', [1, 1, 8, 0, 0], [pngChunk('IHDR', [])], 'its header is not its first chunk, once'],
  ] as const)('refuses %s', (_, header, chunks, reason) => {
    const bytes = pngOf(header, [...chunks, pngChunk('IDAT', zlibSync(Uint8Array.of(0, 1, 1, 1)))])
    expect(() => decodePng(bytes)).toThrow(
      new TypeError(
        `datasets.decodePng: bytes must be a whole PNG file, got ${bytes.length} bytes (${reason}).`,
      ),
    )
  })

  it('unpacks no profile, no text, and no more than the header says', async () => {
    const zeros = await bomb(createDeflate())
    const pixel = zlibSync(Uint8Array.of(0, 7)) // a line of one pixel, without a filter
    const texts = ['iCCP', 'zTXt'].map(type => pngChunk(type, [97, 0, 0, ...zeros]))
    const files = [[...texts, pngChunk('IDAT', pixel)], [pngChunk('IDAT', zeros)]]
    const growth = await peakGrowth(() => {
      const values = files.map(chunks => decodePng(pngOf([1, 1, 8, 0, 0], chunks)).dataSync()[0])
      expect(values).toEqual([Math.fround(14 / 255 - 1), -1])
    })
    expect(growth).toBeLessThan(100e6)
  })

  it('refuses more pixels than `maxBytes` before it unpacks any', () => {
    // A real picture of 16,000 x 16,000 white pixels, 1 bit each, takes 32 kB.
    const lines = new Uint8Array(16000 * 2001).fill(255)
    for (let y = 0; y < 16000; y++) lines[y * 2001] = 0
    const file = pngOf([16000, 16000, 1, 0, 0], [pngChunk('IDAT', zlibSync(lines))])
    expect(() => decodePng(file)).toThrow(
      new RangeError(
        `datasets.decodePng: bytes must unpack to at most ${2 ** 26 + 100 * file.length} bytes, got 256000000. Raise maxBytes if you trust it.`,
      ),
    )
    const small = pngOf([9, 3, 8, 2, 0], [pngChunk('IDAT', zlibSync(new Uint8Array(84)))])
    expect(decodePng(small, { maxBytes: 81 }).shape).toEqual([1, 3, 9, 3])
    expect(() => decodePng(small, { maxBytes: 80 })).toThrow('at most 80 bytes, got 81')
  })

  it('refuses damage of any kind as a TypeError', () => {
    const rng = createRng(7)
    const files = golden.cases.filter(({ name }) => name.includes('9x10')).map(({ file }) => file)
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(files[round % files.length]!, 'base64')
      const at = rng.integers(1, bytes.length)[0]!
      bytes[at]! ^= rng.integers(1, 256)[0]!
      let end = 0
      for (let chunkAt = 8; chunkAt + 12 <= bytes.length; chunkAt = end + 4) {
        end = chunkAt + 8 + bytes.readUInt32BE(chunkAt)
        if (end + 4 > bytes.length) break
        bytes.writeUInt32BE(crc32(bytes.subarray(chunkAt + 4, end)), end) // so that the damage is not in the checksum
      }
      try {
        decodePng(bytes)
      } catch (error) {
        expect((error as Error).message).toMatch(
          /^datasets\.decodePng: bytes must (be a whole PNG file|unpack to)/,
        )
      }
    }
  })

  it('rejects what is not a whole PNG', async () => {
    const whole = await encodePngGrid(tf.zeros([1, 8, 8, 3]) as tf.Tensor4D)
    expect(() => decodePng(Uint8Array.of(1, 2, 3))).toThrow(TypeError)
    for (const length of [0, 8, 20, whole.length - 20])
      expect(() => decodePng(whole.subarray(0, length))).toThrow(
        `datasets.decodePng: bytes must be a whole PNG file, got ${length} bytes (`,
      )
    const damaged = whole.slice()
    damaged[45]! ^= 1
    expect(() => decodePng(damaged)).toThrow('CRC')
  })
})

describe('writePngGrid', () => {
  it('writes the file and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'png-'))
    const path = join(folder, 'grid.png')
    const images = tf.fill([2, 2, 2, 1], 1) as tf.Tensor4D
    await writeFile(path, 'an older file')
    await writePngGrid(path, images, { gap: 0 })
    expect(await readdir(folder)).toEqual(['grid.png'])
    await expectClose(decodePng(await readFile(path)), tf.fill([1, 2, 4, 1], 1))
  })

  it('says where it could not write', async () => {
    await expect(writePngGrid('/nowhere/grid.png', tf.zeros([1, 2, 2, 1]))).rejects.toThrow(
      new Error(
        "datasets.writePngGrid: path must be in a folder that can be written to, got '/nowhere/grid.png' (ENOENT).",
      ),
    )
  })
})
