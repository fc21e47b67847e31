import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type HostTensor, readNpy, readNpz, writeNpy, writeNpz } from '@rectified-flow/checkpoints'
import { openNpz } from '@rectified-flow/checkpoints/node'
import { describe, expect, it } from 'vitest'

const golden = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url))
const numbers = ({ data }: HostTensor) => Array.from(data as ArrayLike<number | bigint>, Number)

/** A .npy file of version 1 with this header. */
function npy(header: string, data: number[] = []): Uint8Array {
  const start = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 255, header.length >> 8]
  return Uint8Array.of(...start, ...new TextEncoder().encode(header), ...data)
}

describe.each(['arrays.npz', 'compressed.npz'])('%s', file => {
  it('has every dtype, order and rank', async () => {
    const arrays = await readNpz(readFileSync(golden(file)))
    const dtypes = ['BOOL', 'I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64', 'F16', 'F32', 'F64']
    const names = ['bool', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8']
    for (const [i, name] of names.entries()) {
      const array = arrays.get(name)!
      expect([array.dtype, array.shape]).toEqual([dtypes[i], [2, 3]])
      const want = { bool: [0, 1, 1, 1, 1, 1], f2: [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500] }[name]
      expect(numbers(array)).toEqual(want ?? [0, 1, 2, 3, 4, 5])
    }
    for (const name of ['big_f4', 'big_i8', 'fortran'])
      expect(numbers(arrays.get(name)!)).toEqual([0, 1, 2, 3, 4, 5])
    expect(arrays.get('fortran_3d')!.shape).toEqual([2, 3, 4])
    expect(numbers(arrays.get('fortran_3d')!)).toEqual(Array.from({ length: 24 }, (_, i) => i))
    expect(arrays.get('scalar')).toEqual({ dtype: 'F64', shape: [], data: Float64Array.of(1.5) })
    expect(arrays.get('empty')).toEqual({ dtype: 'F32', shape: [0, 3], data: new Float32Array(0) })
    expect([...arrays.keys()].slice(0, 3)).toEqual(['bool', 'i1', 'u1'])
  })
})

it('reads format versions 1, 2 and 3', async () => {
  for (const array of (await readNpz(readFileSync(golden('versions.npz')))).values())
    expect(array).toEqual({ dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) })
})

it.each([false, true])('writes arrays that read back equal, compressed: %s', async compress => {
  const arrays = await readNpz(readFileSync(golden('arrays.npz')))
  const bytes = await writeNpz(arrays, { compress })
  expect(await readNpz(bytes)).toEqual(arrays)
  expect(await writeNpz(arrays, { compress })).toEqual(bytes)
})

it('writes a .npy file as NumPy does', () => {
  const bytes = writeNpy({ dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) })
  expect(bytes.length).toBe(128 + 12)
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"
  expect(new TextDecoder().decode(bytes.subarray(10, 128))).toBe(`${header.padEnd(117)}\n`)
  expect(numbers(readNpy(bytes))).toEqual([1, 2, 3])
})

describe('openNpz', () => {
  it('lists the arrays and reads one', async () => {
    const file = await openNpz(golden('rows.npz'))
    expect([...file.arrays]).toEqual([
      ['arr_0', { dtype: 'U8', shape: [1000, 7] }],
      ['columns', { dtype: 'I64', shape: [2, 3] }],
    ])
    expect(numbers(await file.read('columns'))).toEqual([0, 1, 2, 3, 4, 5])
    await expect(file.read('x')).rejects.toThrow(
      `checkpoints.openNpz: name must be one of arr_0, columns, got 'x'. The file is '${golden('rows.npz')}'.`,
    )
    await file.close()
  })

  it.each([1, 3, 333, 1000, 5000])('gives an array %i rows at a time', async size => {
    const file = await openNpz(golden('rows.npz'))
    const values: number[] = []
    const shapes: number[][] = []
    for await (const rows of file.rows('arr_0', size)) {
      values.push(...numbers(rows))
      shapes.push(rows.shape)
    }
    expect(values).toEqual(Array.from({ length: 7000 }, (_, i) => i % 251))
    expect(shapes.length).toBe(Math.ceil(1000 / size))
    expect(shapes.at(-1)).toEqual([1000 % size || Math.min(size, 1000), 7])
    await file.close()
  })

  it('lets a reader of rows stop in the middle', async () => {
    const file = await openNpz(golden('rows.npz'))
    for await (const rows of file.rows('arr_0', 10)) {
      expect(rows.shape).toEqual([10, 7])
      break
    }
    await file.close()
  })

  it('refuses to give rows of a scalar or of an array in Fortran order', async () => {
    const file = await openNpz(golden('rows.npz'))
    expect(() => file.rows('columns', 1)).toThrow(
      new RangeError(
        "checkpoints.openNpz.rows: 'columns' must be stored row by row, got columns first. Use read.",
      ),
    )
    await file.close()
  })
})

describe('messages', () => {
  const literal = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
  const cases: [string, Uint8Array, string][] = [
    ['no header', new Uint8Array(20), 'the first bytes must be \\x93NUMPY and a header, got others.'],
    ['version', npy(literal).fill(9, 6, 7), "the format's version must be 1, 2 or 3, got 9."],
    [
      'cut header',
      npy(literal).subarray(0, 30),
      'the header must have 67 bytes, got 30. The file may be truncated.',
    ],
    ['cut', npy(literal, [0, 0]), 'F32 [2] must have 8 bytes after the header, got 2.'],
    [
      'blown',
      npy(literal.replace('(2', '(9007199254740991')),
      'shape must be of a size that fits in memory, got [9007199254740991].',
    ],
    [
      'code',
      npy('__import__("os").system("true")'),
      'the header must have descr as NumPy writes it for an array of numbers, got \'__import__("os").system("true")\'.',
    ],
  ]
  const kind = 'descr must be a boolean, an integer of 1 to 8 bytes or a float of 2 to 8 bytes'
  for (const [name, descr] of [
    ['object', '|O'],
    ['complex', '<c8'],
    ['text', '<U2'],
  ] as const)
    cases.push([name, readFileSync(golden(`${name}.npy`)), `${kind}, got '${descr}'.`])
  it.each(cases)('%s', (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(new RangeError(`checkpoints.readNpy: ${message}`))
  })

  it('refuses records, dtypes that NumPy lacks, members that are no arrays, and files that are no zip', async () => {
    expect(() => readNpy(readFileSync(golden('record.npy')))).toThrow(
      /^checkpoints\.readNpy: the header must have descr/,
    )
    expect(() => writeNpy({ dtype: 'BF16', shape: [1], data: Uint16Array.of(0) })).toThrow(
      new RangeError(
        "checkpoints.writeNpy: dtype of 'tensor' must be one that NumPy has, got 'BF16'. Convert it with toFloat32.",
      ),
    )
    await expect(readNpz(readFileSync(golden('zip.pth')))).rejects.toThrow(
      'checkpoints.readNpz: members must be arrays, named *.npy, got ',
    )
    await expect(readNpz(new Uint8Array(40))).rejects.toThrow(
      "checkpoints.readNpz: the file must be whole and unambiguous as zip, got 'End of central directory not found'.",
    )
  })

  it('refuses a zip bomb before it unpacks it', async () => {
    const zeros: HostTensor = { dtype: 'U8', shape: [1 << 20], data: new Uint8Array(1 << 20) }
    const bytes = await writeNpz({ zeros }, { compress: true })
    expect(bytes.length).toBeLessThan(2000)
    await expect(readNpz(bytes, { maxBytes: 1e6 })).rejects.toThrow(
      new RangeError(
        'checkpoints.readNpz: the zip file must unpack to at most 1000000 bytes, got 1048704. Raise maxBytes if you trust it.',
      ),
    )
    expect((await readNpz(bytes)).get('zeros')!.data.length).toBe(1 << 20)
  })
})
