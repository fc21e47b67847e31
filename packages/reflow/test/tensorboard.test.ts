import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePngGrid } from '@rectified-flow/datasets'
import { TensorBoardWriter } from '@rectified-flow/reflow/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { crc32c } from '../src/node/internal/crc32c.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** The records of a file; checks the checksums of each. */
function records(bytes: Buffer): Buffer[] {
  const unmask = (masked: number) => {
    const rotated = (masked - 0xa282ead8) >>> 0
    return ((rotated << 15) | (rotated >>> 17)) >>> 0
  }
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)))
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(data))
    found.push(data)
    at += 16 + length
  }
  return found
}

/** The fields of a message, by number; fields with a length stay bytes. */
function fields(message: Buffer): [number, number | Buffer][] {
  const found: [number, number | Buffer][] = []
  let at = 0
  const varint = () => {
    let [value, unit] = [0, 1]
    for (;;) {
      const byte = message[at++]!
      value += (byte & 127) * unit
      if (byte < 128) return value
      unit *= 128
    }
  }
  while (at < message.length) {
    const key = varint()
    const [field, kind] = [key >> 3, key & 7]
    if (kind === 0) found.push([field, varint()])
    else if (kind === 2) {
      const length = varint()
      found.push([field, message.subarray(at, at + length)])
      at += length
    } else {
      found.push([field, kind === 1 ? message.readDoubleLE(at) : message.readFloatLE(at)])
      at += kind === 1 ? 8 : 4
    }
  }
  return found
}

describe('crc32c', () => {
  it('has the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })
})

describe('TensorBoardWriter', () => {
  it('opens as many files in one millisecond as it is asked for', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const writers = await Promise.all(Array.from({ length: 20 }, () => TensorBoardWriter.open(folder)))
      expect(new Set(writers.map(({ path }) => path)).size).toBe(20)
      await Promise.all(writers.map(writer => writer.close()))
    } finally {
      vi.useRealTimers()
    }
  })

  it('writes whole records of scalars and images', async () => {
    const writer = await TensorBoardWriter.open(folder, { step: 300 })
    const png = await encodePngGrid({ data: new Float32Array(12), shape: [1, 2, 6, 1] })
    await writer.scalars(300, { loss: 0.25, 'straightness/mean': 2 ** 70 })
    await writer.images(123456789012, { samples: png })
    await writer.close()
    expect(await readdir(folder)).toHaveLength(1)
    const events = records(await readFile(writer.path)).map(record => new Map(fields(record)))
    expect(String(events[0]!.get(3))).toBe('brain.Event:2')
    expect([events[1]!.get(2), fields(events[1]!.get(7) as Buffer)]).toEqual([300, [[1, 1]]])
    expect(events[2]!.get(1)).toBeCloseTo(Date.now() / 1000, -2)
    const values = fields(events[2]!.get(5) as Buffer).map(([, value]) => new Map(fields(value as Buffer)))
    expect(values.map(value => [String(value.get(1)), value.get(2)])).toEqual([
      ['loss', 0.25],
      ['straightness/mean', 2 ** 70],
    ])
    expect(events[3]!.get(2)).toBe(123456789012)
    const value = new Map(fields(fields(events[3]!.get(5) as Buffer)[0]![1] as Buffer))
    const image = new Map(fields(value.get(4) as Buffer))
    expect([image.get(1), image.get(2), image.get(3)]).toEqual([2, 6, 1])
    expect(Buffer.from(png).equals(image.get(4) as Buffer)).toBe(true)
  })

  it('refuses images that are not PNG', async () => {
    const writer = await TensorBoardWriter.open(folder)
    expect(() => writer.images(0, { samples: Uint8Array.of(1, 2) })).toThrow(
      'reflow.TensorBoardWriter: images must be PNG files, got 2 other bytes.',
    )
    await writer.close()
  })
})
