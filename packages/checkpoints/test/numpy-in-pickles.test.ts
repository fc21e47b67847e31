import { readPth } from '@rectified-flow/checkpoints'
import { describe, expect, it } from 'vitest'
import { call, dict, int, legacyPth, list, tensor, text, tuple } from './pickle-text.js'

describe('NumPy arrays', () => {
  const dtype = (code: string, order = '<') =>
    `${call('numpy.dtype', text(code), '\x89', '\x88')}${tuple(int(3), text(order), 'N', 'N', 'N')}b`
  const floats = (values: number[]) =>
    String.fromCharCode(...new Uint8Array(Float64Array.from(values).buffer))
  const six = floats([0, 1, 2, 3, 4, 5])
  const kinds: [string, string][] = [
    ['bytes', `C\x30${six}`],
    ['bytearray', `\x96\x30\0\0\0\0\0\0\0${six}`],
    ['BINBYTES8', `\x8e\x30\0\0\0\0\0\0\0${six}`],
  ]
  const array = (...args: string[]) => call('numpy._core.numeric._frombuffer', ...args)
  const read = async (value: string) => {
    const { shape, data } = (await readPth(legacyPth(dict({ a: value }), []))).get('a')!
    return [shape, ...(data as Float64Array)]
  }

  it.each(kinds)('of protocol 5, from %s', async (_, buffer) => {
    expect(await read(array(buffer, dtype('f8'), tuple(int(2), int(3)), text('C')))).toEqual([
      [2, 3],
      0,
      1,
      2,
      3,
      4,
      5,
    ])
    expect(await read(array(buffer, dtype('f8'), tuple(int(2), int(3)), text('F')))).toEqual([
      [2, 3],
      0,
      2,
      4,
      1,
      3,
      5,
    ])
    const turned = array(buffer, dtype('f8'), tuple(int(2), int(3)), text('K'), tuple(int(1), int(0)))
    expect(await read(turned)).toEqual([[3, 2], 0, 3, 1, 4, 2, 5])
    const old = call('numpy.core.numeric._frombuffer', buffer, dtype('f8'), tuple(int(6)), text('C'))
    expect(await read(old)).toEqual([[6], 0, 1, 2, 3, 4, 5])
  })

  it('in the other byte order', async () => {
    const big = String.fromCharCode(...new Uint8Array(Float64Array.of(0, 1, 2).buffer).reverse())
    expect(await read(array(`C\x18${big}`, dtype('f8', '>'), tuple(int(3)), text('C')))).toEqual([
      [3],
      2,
      1,
      0,
    ])
  })

  it('of complex numbers are refused when asked for; a buffer outside of the file is refused', async () => {
    const complex = array(`C\x30${six}`, dtype('c16'), tuple(int(3)), text('C'))
    const tensors = await readPth(legacyPth(dict({ c: complex, w: tensor() })))
    expect(() => tensors.get('c')!.data).toThrow(
      "'c' must be a dense tensor of booleans, integers, or floats of 16 to 64 bits, got c16.",
    )
    await expect(read(array('\x97', dtype('f8'), tuple(int(6)), text('C')))).rejects.toThrow(
      'checkpoints.readPth: the pickle must hold all of its data, got a buffer outside of it at byte ',
    )
    await expect(read(array(`C\x30${six}`, dtype('f8'), tuple(int(7)), text('C')))).rejects.toThrow(
      "checkpoints.readPth: 'a' must be a NumPy array, got 48 bytes for F64 [7].",
    )
  })

  it('share the numbers of one array, and count each array before it is copied', async () => {
    const bytes = `B\0\0\x10\0${'\0'.repeat(2 ** 20)}`
    const first = array(`${bytes}q\x00`, dtype('f8'), tuple(int(2 ** 17)), text('C'))
    const again = array('h\x00', dtype('f8'), tuple(int(2 ** 16), int(2)), text('C'))
    const same = list(`${first}q\x01`, ...new Array<string>(1000).fill('h\x01'))
    const tensors = await readPth(legacyPth(same, []))
    expect(tensors.size).toBe(1001)
    expect(new Set([...tensors.values()].map(({ data }) => data)).size).toBe(1)
    const other = (i: number) =>
      array('h\x00', dtype('f8'), tuple(...new Array<string>(i).fill(int(1)), int(2 ** 17)), text('C'))
    const views = list(first, again, ...Array.from({ length: 63 }, (_, i) => other(i + 1)))
    await expect(readPth(legacyPth(views, []), { maxBytes: 2 ** 22 })).rejects.toThrow(
      "checkpoints.readPth: the tensors must take at most 4194304 bytes, got more at '4'.",
    )
  })
})
