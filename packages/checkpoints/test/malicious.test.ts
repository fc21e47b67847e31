import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readCheckpoint, readEdmPkl, readPth, readSafetensors, writeNpz } from '@rectified-flow/checkpoints'
import { describe, expect, it } from 'vitest'

const golden = (name: string) => readFileSync(fileURLToPath(new URL(`golden/${name}`, import.meta.url)))

/** Latin-1 text as bytes, the easiest way to write a pickle. */
const bytes = (...parts: string[]) => Uint8Array.from(parts.join(''), character => character.charCodeAt(0))
const text = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}`
const pkl = (...body: string[]) => bytes('\x80\x04', ...body, '.')

/** A legacy .pth file with this pickled object and one storage '0' of four zeros. */
const legacy = (...body: string[]) =>
  bytes(
    '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.',
    `\x80\x04}${text('little_endian')}\x88s.`,
    '\x80\x04',
    ...body,
    `.\x80\x04]${text('0')}a.`,
    '\x04\0\0\0\0\0\0\0',
    '\0'.repeat(16),
  )
const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x04tQ`
const tensor = (offset: string, size: string, stride: string) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}(${size}t(${stride}t\x89}tR`

it('reads the parts that the samples below are made of', async () => {
  const tensors = await readPth(legacy(`}${text('x')}`, tensor('K\x01', 'K\x03', 'K\x01'), 's'))
  expect(tensors.get('x')).toEqual({ dtype: 'F32', shape: [3], data: new Float32Array(3) })
})

describe('commands', () => {
  it('give an error that names the command', async () => {
    await expect(readPth(golden('attack.pth'))).rejects.toThrow(
      /^checkpoints\.readPth: globals must not be ones that run code, got posix\.system at byte \d+\.$/,
    )
    await expect(readEdmPkl(pkl(`cos\nsystem\n(${text('exit 1')}tR`))).rejects.toThrow(
      new RangeError(
        'checkpoints.readEdmPkl: globals must not be ones that run code, got os.system at byte 13.',
      ),
    )
    await expect(readEdmPkl(pkl(`(${text('exit 1')}ios\nsystem\n`))).rejects.toThrow('got os.system at byte')
    await expect(readEdmPkl(pkl(text('builtins'), text('eval'), '\x93'))).rejects.toThrow(
      'got builtins.eval at byte',
    )
  })

  it('are not looked up among the properties that objects inherit', async () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      await expect(readEdmPkl(pkl(`ctorch\n${name}\n(tR`))).rejects.toThrow(
        `the pickle must hold a dict of networks, got an object of torch.${name} at byte`,
      )
  })
})

describe('tensors outside of their storage', () => {
  const rule = 'checkpoints.readPth: torch._utils._rebuild_tensor_v2 must get what PyTorch gives it, got '
  it.each([
    ['offset', tensor('K\x02', 'K\x03', 'K\x01'), 'shape [3] with strides [1] at 2 of 4 numbers'],
    [
      'stride',
      tensor('K\0', 'K\x02', 'J\xff\xff\xff\x7f'),
      'shape [2] with strides [2147483647] at 0 of 4 numbers',
    ],
    ['negative stride', tensor('K\0', 'K\x02', 'J\xff\xff\xff\xff'), '-1'],
    ['negative offset', tensor('J\xff\xff\xff\xff', 'K\x01', 'K\x01'), '-1'],
    ['rank', tensor('K\0', 'K\x01K\x02', 'K\x01'), '2 sizes and 1 strides'],
    [
      'size',
      tensor('K\0', 'J\xff\xff\xff\x7f'.repeat(3), 'K\0'.repeat(3)),
      'shape [2147483647,2147483647,2147483647]',
    ],
  ])('%s', async (_, body, got) => {
    await expect(readPth(legacy(`}${text('x')}`, body, 's'))).rejects.toThrow(`${rule}${got}`)
  })

  it('may take at most 64 MiB and twice the memory of the file', async () => {
    const expanded = tensor('K\0', 'J\xff\xff\xff\x0f', 'K\0')
    await expect(readPth(legacy(`}${text('x')}`, expanded, 's'))).rejects.toThrow(
      /^checkpoints\.readPth: the tensors must take at most \d+ bytes, got more at 'x'\. Raise maxBytes if you trust the file\.$/,
    )
  })
})

describe('objects that grow', () => {
  it('a billion laughs', async () => {
    const layers = Array.from(
      { length: 40 },
      (_, i) => `h${String.fromCharCode(i)}h${String.fromCharCode(i)}\x86q${String.fromCharCode(i + 1)}0`,
    )
    const laughs = `${tensor('K\0', 'K\x01', 'K\x01')}q\x000${layers.join('')}h\x28`
    await expect(readPth(legacy(laughs))).rejects.toThrow(
      "checkpoints.readPth: the object must be a tree of at most 300000 values and 100 levels, got more at '0.",
    )
  })

  it('a list that holds itself', async () => {
    await expect(readPth(legacy(`]q\0h\0a${tensor('K\0', 'K\x01', 'K\x01')}a`))).rejects.toThrow(
      'checkpoints.readPth: the object must be a tree',
    )
  })

  it('a stack of dicts, and lengths beyond the file', async () => {
    await expect(readEdmPkl(pkl('}'.repeat(1_000_000)))).rejects.toThrow(
      /^checkpoints\.readEdmPkl: the values of a pickle in a file of this size must take at most 35\d{6} bytes of memory, got more at byte 16\d{4}\.$/,
    )
    for (const length of ['X\xff\xff\xff\xff', 'B\xff\xff\xff\xff', '\x8e\xff\xff\xff\xff\xff\xff\xff\xff'])
      await expect(readEdmPkl(pkl(length))).rejects.toThrow('the file must go on, got 1 bytes where ')
  })

  it('copies of a large list, made again and again', async () => {
    const list = `(${'N'.repeat(100_000)}lq\0`
    const copies = `0cbuiltins\nset\nq\x01h\0\x85R0`.concat('h\x01h\0\x85R0'.repeat(1000))
    await expect(readEdmPkl(pkl(list, copies))).rejects.toThrow(
      'the values of a pickle in a file of this size must take at most',
    )
  })
})

it('overlapping tensors in safetensors', () => {
  const entry = (start: number) => ({ dtype: 'F32', shape: [1], data_offsets: [start, start + 4] })
  const header = new TextEncoder().encode(JSON.stringify({ a: entry(0), b: entry(2) }))
  const file = new Uint8Array(8 + header.length + 6)
  file[0] = header.length
  file.set(header, 8)
  expect(() => readSafetensors(file)).toThrow(
    new RangeError(
      "checkpoints.readSafetensors: data_offsets of 'b' must start at 4, where the tensor before ends, got [2,6].",
    ),
  )
})

it('a zip bomb', async () => {
  const member = { dtype: 'U8', shape: [1 << 20], data: new Uint8Array(1 << 20) } as const
  const bomb = await writeNpz(
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a${i}`, { ...member, shape: [1 << 20] }])),
    { compress: true },
  )
  await expect(readCheckpoint(bomb)).rejects.toThrow(
    /^checkpoints\.readNpz: the zip file must unpack to at most \d+ bytes, got \d+\./,
  )
})
