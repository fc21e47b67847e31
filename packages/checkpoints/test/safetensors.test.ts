import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type HostDtype,
  type HostTensor,
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const golden = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))

/** A file with this header, written by hand. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const f32 = (...values: number[]): HostTensor => ({
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
})

describe('round trip', () => {
  const arrays: [HostDtype, fc.Arbitrary<HostTensor['data']>][] = [
    ['F32', fc.float32Array({ maxLength: 6 })],
    ['F64', fc.float64Array({ maxLength: 6 })],
    ['F16', fc.uint16Array({ maxLength: 6 })],
    ['BF16', fc.uint16Array({ maxLength: 6 })],
    ['I64', fc.bigInt64Array({ maxLength: 6 })],
    ['U64', fc.bigUint64Array({ maxLength: 6 })],
    ['I32', fc.int32Array({ maxLength: 6 })],
    ['U32', fc.uint32Array({ maxLength: 6 })],
    ['I16', fc.int16Array({ maxLength: 6 })],
    ['U16', fc.uint16Array({ maxLength: 6 })],
    ['I8', fc.int8Array({ maxLength: 6 })],
    ['U8', fc.uint8Array({ maxLength: 6 })],
    ['BOOL', fc.uint8Array({ maxLength: 6, max: 1 })],
  ]
  const tensor = fc
    .constantFrom(...arrays)
    .chain(([dtype, array]) => array.map((data): HostTensor => ({ dtype, shape: [1, data.length], data })))
  const name = fc.string({ unit: 'grapheme' }).filter(text => text !== '__metadata__')

  it('gives back every tensor and the metadata, and writes the same bytes for any order of tensors', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 5 }),
        fc.dictionary(fc.string(), fc.string()),
        (entries, metadata) => {
          const bytes = writeSafetensors(new Map(entries), metadata)
          const back = readSafetensors(bytes)
          expect(back.metadata).toEqual({ ...metadata })
          expect([...back.tensors].sort(byName)).toEqual([...entries].sort(byName))
          expect(writeSafetensors(new Map(entries.reverse()), metadata)).toEqual(bytes)
          expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })
  const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

  it('takes a plain object, and reads from the middle of a buffer', () => {
    const bytes = writeSafetensors({ a: f32(1, 2), b: { dtype: 'U8', shape: [], data: Uint8Array.of(7) } })
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const { tensors } = readSafetensors(shifted.subarray(3))
    expect(tensors.get('a')).toEqual(f32(1, 2))
    expect(tensors.get('b')).toEqual({ dtype: 'U8', shape: [], data: Uint8Array.of(7) })
    expect(readSafetensors(bytes.buffer as ArrayBuffer).tensors.size).toBe(2)
  })

  it('copies: writing to a result leaves the file alone', () => {
    const bytes = writeSafetensors({ a: f32(1) })
    const before = bytes.slice()
    readSafetensors(bytes).tensors.get('a')!.data[0] = 5
    expect(bytes).toEqual(before)
  })
})

it('reads every golden file', () => {
  const files = readdirSync(golden, { recursive: true, encoding: 'utf8' }).filter(path =>
    path.endsWith('.safetensors'),
  )
  expect(files.length).toBeGreaterThan(10)
  for (const path of files)
    expect(readSafetensors(readFileSync(`${golden}/${path}`)).tensors.size).toBeGreaterThan(0)
})

it('reads any mutation of a file or throws a RangeError', () => {
  const rng = createRng(1)
  const whole = writeSafetensors(
    {
      weight: { ...f32(1, 2, 3, 4), shape: [2, 2] },
      bias: f32(1, 2),
      ids: { dtype: 'I64', shape: [1], data: BigInt64Array.of(3n) },
    },
    { note: 'x' },
  )
  for (let i = 0; i < 1000; i++) {
    const stream = rng.fork(i)
    let bytes = whole.slice()
    for (let k = 0; k < 1 + (i % 3); k++) {
      const [kind, at, value] = [
        ...stream.integers(1, 4),
        ...stream.integers(1, bytes.length),
        ...stream.integers(1, 256),
      ]
      if (kind === 0) bytes = bytes.slice(0, at)
      else if (kind === 1) bytes = Uint8Array.of(...bytes, ...bytes.subarray(at))
      else bytes[at!] = value!
      if (bytes.length === 0) break
    }
    try {
      for (const { shape, data } of readSafetensors(bytes).tensors.values())
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      expect((error as Error).message).toMatch(/^checkpoints\.readSafetensors: .* got .*\.$/s)
    }
  }
})

describe('toFloat32', () => {
  const convert = (dtype: HostDtype, data: HostTensor['data']) => [
    ...toFloat32({ dtype, shape: [data.length], data }),
  ]

  it('reads half floats', () => {
    // np.array([1, -2, 65504, 2**-24, 2**-14, 0.333251953125, inf, -inf, -0.], 'f2').view('u2')
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555, 0x7c00, 0xfc00, 0x8000]
    expect(convert('F16', Uint16Array.from(bits))).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      2 ** -14,
      0.333251953125,
      Infinity,
      -Infinity,
      -0,
    ])
    expect(convert('F16', Uint16Array.of(0x7e00))).toEqual([NaN])
  })

  it('reads bfloat16', () => {
    expect(convert('BF16', Uint16Array.of(0x3f80, 0xc000, 0x3eab, 0x7f80, 0x8000))).toEqual([
      1,
      -2,
      0.333984375,
      Infinity,
      -0,
    ])
  })

  it('converts the others and copies float32', () => {
    expect(convert('I64', BigInt64Array.of(-3n))).toEqual([-3])
    expect(convert('F64', Float64Array.of(0.1))).toEqual([Math.fround(0.1)])
    expect(convert('U8', Uint8Array.of(255))).toEqual([255])
    const source = f32(1)
    toFloat32(source)[0] = 2
    expect(source.data[0]).toBe(1)
  })
})

describe('messages', () => {
  const one = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  const dtypes = 'BOOL, U8, I8, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64'
  const cases: [string, Uint8Array, string][] = [
    [
      'no header',
      new Uint8Array(3),
      'the file must have at least 8 bytes, got 3. The file may be truncated.',
    ],
    [
      'long header',
      new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0]),
      'header length must be at most 100000000, got 4294967296. This may not be a safetensors file.',
    ],
    [
      'cut header',
      file({ a: one }).subarray(0, 20),
      'header length must be at most the 12 bytes after it, got 54. The file may be truncated.',
    ],
    [
      'bytes',
      file('{"\0"}').map((byte, i) => (i === 10 ? 0xff : byte)),
      'the header must be UTF-8, got other bytes.',
    ],
    ['list', file('[]'), 'the header must be a JSON object, got [].'],
    ['twice', file('{"a":{},"b":{"a":1},"\\u0061":{}}'), "names must be unique, got 'a' twice."],
    ['metadata', file({ __metadata__: 3 }), '__metadata__ must be an object, got 3.'],
    ['metadata value', file({ __metadata__: { a: 3 } }), "__metadata__ 'a' must be a string, got 3."],
    ['entry', file({ a: null }), "the entry of 'a' must be an object, got null."],
    ['dtype', file({ a: { ...one, dtype: 'F8' } }), `dtype of 'a' must be one of ${dtypes}, got 'F8'.`],
    ['shape', file({ a: { ...one, shape: [-1] } }), "shape of 'a' must be a list of sizes, got [-1]."],
    [
      'offsets',
      file({ a: { ...one, data_offsets: [4, 0] } }),
      "data_offsets of 'a' must be [start,end] with start <= end, got [4,0].",
    ],
    ['size', file({ a: { ...one, shape: [2] } }), "'a' must have 8 bytes for F32 [2], got 4."],
    [
      'truncated',
      file({ a: one }, 3),
      "data_offsets of 'a' must end within the 3 bytes of data, got [0,4]. The file may be truncated.",
    ],
    [
      'overlap',
      file({ a: one, b: one }, 8),
      "data_offsets of 'b' must start at 4, where the tensor before ends, got [0,4].",
    ],
    [
      'gap',
      file({ a: { ...one, data_offsets: [4, 8] } }, 8),
      "data_offsets of 'a' must start at 0, where the tensor before ends, got [4,8].",
    ],
    ['rest', file({ a: one }, 5), 'the tensors must cover all 5 bytes of data, got 4 covered.'],
  ]
  it.each(cases)('read: %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(new RangeError(`checkpoints.readSafetensors: ${message}`))
  })

  it('read: bad JSON and bad argument', () => {
    expect(() => readSafetensors(file('{"a":'))).toThrow(
      /^checkpoints.readSafetensors: the header must be JSON, got /,
    )
    expect(() => readSafetensors('x' as never)).toThrow(
      new TypeError("checkpoints.readSafetensors: bytes must be a Uint8Array or an ArrayBuffer, got 'x'."),
    )
  })

  const write: [string, () => unknown, string][] = [
    [
      'size',
      () => writeSafetensors({ a: { ...f32(1), shape: [2] } }),
      "data of 'a' must have 2 numbers for shape [2], got 1.",
    ],
    [
      'array',
      () => writeSafetensors({ a: { ...f32(1), dtype: 'F16' } }),
      "data of 'a' must be a Uint16Array for F16, got a Float32Array.",
    ],
    [
      'dtype',
      () => writeSafetensors({ a: { ...f32(1), dtype: 'X' as 'F32' } }),
      `dtype of 'a' must be one of ${dtypes}, got 'X'.`,
    ],
    [
      'name',
      () => writeSafetensors({ __metadata__: f32(1) }),
      "names must not be '__metadata__', got it. Metadata is the second argument.",
    ],
    ['metadata', () => writeSafetensors({}, { a: 3 as never }), "metadata 'a' must be a string, got 3."],
  ]
  it.each(write)('write: %s', (_, call, message) => {
    expect(call).toThrow(`checkpoints.writeSafetensors: ${message}`)
  })
})
