import { gzipSync } from 'node:zlib'
import { parseIdx } from '@rectified-flow/datasets'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** An IDX file of bytes: 0 0 8 rank, big-endian sizes, data. */
function idx(shape: number[], data: ArrayLike<number>): Uint8Array {
  const sizes = shape.flatMap(n => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])
  return Uint8Array.from([0, 0, 8, shape.length, ...sizes, ...Array.from(data)])
}

const file = idx([2, 3], [1, 2, 3, 4, 5, 6])

describe('parseIdx', () => {
  it('round-trips any shape, plain or gzip', async () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), async (shape, zipped) => {
        const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7) % 256)
        const bytes = idx(shape, data)
        expect(await parseIdx(zipped ? gzipSync(bytes) : bytes)).toEqual({
          shape,
          data: Uint8Array.from(data),
        })
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('reads a view into a larger buffer', async () => {
    const larger = Uint8Array.from([9, 9, ...file])
    expect((await parseIdx(larger.subarray(2))).data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6))
  })

  it.each([
    [
      file.subarray(0, 3),
      new RangeError('datasets.parseIdx: bytes must hold at least 4 bytes, got 3. The file is truncated.'),
    ],
    [
      file.subarray(0, 9),
      new RangeError(
        'datasets.parseIdx: bytes must hold a header of 12 bytes, got 9. The file is truncated.',
      ),
    ],
    [
      file.subarray(0, 17),
      new RangeError(
        'datasets.parseIdx: bytes must be 18 bytes for shape [2,3], got 17. The file is truncated.',
      ),
    ],
    [
      Uint8Array.from([...file, 0]),
      new RangeError('datasets.parseIdx: bytes must be 18 bytes for shape [2,3], got 19.'),
    ],
    [
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
      new TypeError(
        'datasets.parseIdx: bytes must start with 0x000008 and the rank (IDX of uint8), got 0x89504e47.',
      ),
    ],
    [
      Uint8Array.of(0, 0, 0x0d, 1), // float32
      new TypeError(
        'datasets.parseIdx: bytes must start with 0x000008 and the rank (IDX of uint8), got 0x00000d01.',
      ),
    ],
    [
      gzipSync(file).subarray(0, 20),
      new RangeError(
        'datasets.parseIdx: bytes must be a whole gzip stream, got a damaged or truncated one of 20 bytes.',
      ),
    ],
  ])('says what is wrong with %j', async (bytes, error) => {
    await expect(parseIdx(bytes)).rejects.toThrow(error)
  })
})
