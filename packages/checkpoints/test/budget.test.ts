import {
  type HostTensor,
  readCheckpoint,
  readNpy,
  readSafetensors,
  writeSafetensors,
} from '@rectified-flow/checkpoints'
import { describe, expect, it } from 'vitest'
import { bytes } from './pickle-text.js'

/** What is said of a file, and how many milliseconds that took. */
async function refusal(read: () => unknown): Promise<{ message: string; ms: number }> {
  const start = performance.now()
  const message = await Promise.resolve()
    .then(read)
    .then(
      () => 'read',
      error => (error as Error).message,
    )
  return { message, ms: performance.now() - start }
}

describe('what a pickle makes of its bytes', () => {
  // Each of these operations takes 1 to 5 bytes of the file, and 16 to 250 bytes of memory.
  const operations: [string, string, string][] = [
    ['the memo', 'N', '\x94'],
    ['None', '', 'N'],
    ['copies of the top', 'N', '2'],
    ['lists', '', ']'],
    ['dicts', '', '}'],
    ['sets', '', '\x8f'],
    ['marks', '', '('],
    ['tuples in tuples', 'N', '\x85'],
    ['bytes', '', 'C\0'],
    ['texts', '', '\x8c\x01a'],
    ['numbers', '', 'K\x01'],
    ['globals', '', 'ca\nb\n'],
    ['objects', 'ca\nb\nq\0', 'h\0)R'],
  ]
  it.each(operations)('is limited: %s', async (_, first, again) => {
    const file = bytes('\x80\x04', first, again.repeat(4_000_000 / again.length), '.')
    const { message } = await refusal(() => readCheckpoint(file))
    expect(message).toMatch(
      /^checkpoints\.readEdmPkl: the values of a pickle in a file of this size must take at most 41\d{6} bytes of memory, got more at byte \d+\.$/,
    )
  })
})

describe('headers', () => {
  const file = (header: string) => {
    const whole = new Uint8Array(8 + header.length)
    new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true)
    whole.set(bytes(header), 8)
    return whole
  }
  it.each([
    ['lists', `{"a":[${'[],'.repeat(1e6)}[]]}`],
    ['lists in lists', `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`],
    ['objects', `{${'"a":{},'.repeat(1e6)}"b":{}}`],
  ])('of safetensors: %s', async (_, header) => {
    const { message } = await refusal(() => readSafetensors(file(header)))
    expect(message).toMatch(
      /^checkpoints\.readSafetensors: the header of a file of this size must take at most \d+ bytes of memory, got \d+\.$/,
    )
  })

  it('of many small tensors and of many words are read again', () => {
    const one: HostTensor = { dtype: 'U8', shape: [0], data: new Uint8Array(0) }
    const many = new Map(Array.from({ length: 200_000 }, (_, i) => [`${i}`, one]))
    const words = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`${i}`, '']))
    const back = readSafetensors(writeSafetensors(many, words))
    expect(back.tensors.size).toBe(200_000)
    expect(back.metadata).toEqual(words)
  })

  const axes = 'shape must have at most 64 axes, got 3200.'
  const literal = 'the header must have descr as NumPy writes it'
  it.each([
    [
      'thousands of axes',
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${'1, '.repeat(3200)}), }`,
      axes,
    ],
    ['spaces', `{'descr': '<f4', 'fortran_order': False, 'shape': (${' '.repeat(9900)}`, literal],
    ['numbers', `{'descr': '<f4', 'fortran_order': False, 'shape': (${'1'.repeat(9900)}`, literal],
    ['numbers and spaces', `{'shape': (${`1${' '.repeat(98)},`.repeat(99)}`, literal],
    ['names', `{${" 'descr' ".repeat(1100)}`, literal],
    ['quotation marks', `{'descr${"': '".repeat(2400)}`, literal],
  ])('of .npy: %s', async (_, header, rule) => {
    const length = String.fromCharCode(header.length & 255, header.length >> 8, 0, 0)
    const { message, ms } = await refusal(() => readNpy(bytes(`\x93NUMPY\x02\0${length}`, header)))
    expect(message).toContain(`checkpoints.readNpy: ${rule}`)
    expect(message.length).toBeLessThan(1000)
    expect(ms).toBeLessThan(1000)
  })
})

it('the entries of a zip file are limited by its size', async () => {
  const number = (value: number, size: number) =>
    String.fromCharCode(...Array.from({ length: size }, (_, i) => (value / 256 ** i) & 255))
  const count = 20_000
  const places: string[] = []
  const entries: string[] = []
  for (let i = 0, at = 0; i < count; i++) {
    const name = `${i}`
    const common = `${number(20, 2)}${'\0'.repeat(6)}${number(33, 2)}${'\0'.repeat(12)}${number(name.length, 2)}\0\0`
    places.push(`PK\x01\x02${number(20, 2)}${common}${'\0'.repeat(10)}${number(at, 4)}${name}`)
    entries.push(`PK\x03\x04${common}${name}`)
    at += 30 + name.length
  }
  const [data, directory] = [entries.join(''), places.join('')]
  const end = `PK\x05\x06\0\0\0\0${number(count, 2).repeat(2)}${number(directory.length, 4)}${number(data.length, 4)}\0\0`
  await expect(readCheckpoint(bytes(data, directory, end))).rejects.toThrow(
    /^checkpoints\.readPth: a zip file of this size must have at most 10\d{3} members, got more\.$/,
  )
})
