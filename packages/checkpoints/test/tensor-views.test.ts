import { type HostTensor, readPth } from '@rectified-flow/checkpoints'
import { describe, expect, it } from 'vitest'
import {
  bytes,
  call,
  dict,
  global,
  int,
  legacyPth,
  numbers,
  storage,
  tensor,
  text,
  tuple,
  view,
  zipPth,
} from './pickle-text.js'

/** The tensor w of a file with this value. */
const read = async (value: string, ...storages: Parameters<typeof legacyPth>[1] & unknown[]) =>
  (
    await readPth(storages.length ? legacyPth(dict({ w: value }), storages) : legacyPth(dict({ w: value })))
  ).get('w') as HostTensor
const metadata = (entries: Record<string, boolean>) =>
  dict(Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, value ? '\x88' : '\x89'])))
const v3 = (dtype: string, ...more: string[]) =>
  call(
    'torch._utils._rebuild_tensor_v3',
    ...view({ from: storage('0', 16, 'torch.storage.UntypedStorage'), more: [global(dtype), ...more] }),
  )
const unread = (got: string) =>
  `checkpoints.readPth: 'w' must be a dense tensor of booleans, integers, or floats of 16 to 64 bits, got ${got}.`

describe('view metadata', () => {
  // torch.save({'w': torch._neg_view(torch.tensor([1., 2, 3, 4]))[1::2]}, ...)
  it('negates a lazily negated view', async () => {
    const odd = { offset: 1, size: [2], stride: [2] }
    expect(await read(tensor({ ...odd, more: [metadata({ neg: true })] }))).toEqual({
      dtype: 'F32',
      shape: [2],
      data: Float32Array.of(-2, -4),
    })
    expect((await read(v3('torch.float32', metadata({ neg: true })), ['0', 16, numbers])).data).toEqual(
      Float32Array.of(-1, -2, -3, -4),
    )
    const parameter = call(
      'torch._utils._rebuild_parameter',
      tensor({ more: [metadata({ neg: true })] }),
      '\x88',
      call('collections.OrderedDict'),
    )
    expect((await read(parameter)).data).toEqual(Float32Array.of(-1, -2, -3, -4))
  })

  it.each<[string, HostTensor['data'], number[]]>([
    ['Half', Uint16Array.of(0x3c00, 0, 0x7c00), [0xbc00, 0x8000, 0xfc00]],
    ['BFloat16', Uint16Array.of(0x3f80), [0xbf80]],
    ['Double', Float64Array.of(1.5, -0.1), [-1.5, 0.1]],
    ['Char', Int8Array.of(1, -128), [-1, -128]],
    ['Byte', Uint8Array.of(1, 0), [255, 0]],
    ['Short', Int16Array.of(7), [-7]],
    ['Int', Int32Array.of(-7), [7]],
    ['Long', BigInt64Array.of(7n), [-7]],
  ])('negates %s', async (type, data, want) => {
    const from = storage('0', data.length, `torch.${type}Storage`)
    const found = await read(tensor({ from, size: [data.length], more: [metadata({ neg: true })] }), [
      '0',
      data.length,
      new Uint8Array(data.buffer),
    ])
    expect(Array.from(found.data as ArrayLike<number | bigint>, Number)).toEqual(want)
  })

  it('takes metadata that change nothing', async () => {
    for (const more of [['N'], ['}'], [metadata({ neg: false, conj: false })]])
      expect((await read(tensor({ more }))).data).toEqual(Float32Array.of(1, 2, 3, 4))
  })

  it('refuses other metadata by name, when the tensor is asked for', async () => {
    for (const [more, got] of [
      [metadata({ conj: true }), "a view {'conj': True} of F32"],
      [metadata({ flip: true }), "a view {'flip': True} of F32"],
      [dict({ neg: int(1) }), "a view {'neg': 1} of F32"],
    ] as const) {
      const found = await read(tensor({ more: [more] }))
      expect(found.shape).toEqual([4])
      expect(() => found.data).toThrow(new RangeError(unread(got)))
    }
    const from = storage('0', 16, 'torch.BoolStorage')
    const negatedBool = await read(tensor({ from, more: [metadata({ neg: true })] }), [
      '0',
      16,
      new Uint8Array(16),
    ])
    expect(() => negatedBool.data).toThrow(unread("a view {'neg': True} of BOOL"))
  })

  it.each([
    [
      'too few arguments',
      call('torch._utils._rebuild_tensor_v2', ...view().slice(0, 5)),
      'v2',
      '5 arguments',
    ],
    ['too many', tensor({ more: ['N', 'N'] }), 'v2', '8 arguments'],
    [
      'requires_grad',
      call('torch._utils._rebuild_tensor_v2', ...view().slice(0, 4), int(1), 'N'),
      'v2',
      'requires_grad 1',
    ],
    [
      'hooks',
      call('torch._utils._rebuild_tensor_v2', ...view().slice(0, 4), '\x89', int(1)),
      'v2',
      'backward_hooks 1',
    ],
    ['metadata', tensor({ more: [int(3)] }), 'v2', '3'],
    [
      'dtype',
      call('torch._utils._rebuild_tensor_v3', ...view({ more: [text('float32')] })),
      'v3',
      "'float32'",
    ],
  ])('%s that torch.load refuses', async (_, value, version, got) => {
    await expect(read(value)).rejects.toThrow(
      `checkpoints.readPth: torch._utils._rebuild_tensor_${version} must get what PyTorch gives it, got ${got} at byte `,
    )
  })

  it('refuses a big-endian file', async () => {
    const body = dict({ w: tensor() })
    expect((await readPth(await zipPth(body, { 'a/byteorder': bytes('little') }))).get('w')!.data).toEqual(
      Float32Array.of(1, 2, 3, 4),
    )
    await expect(readPth(await zipPth(body, { 'a/byteorder': bytes('big') }))).rejects.toThrow(
      new RangeError("checkpoints.readPth: byteorder must be little, got 'big'."),
    )
  })
})

describe('tensors that this package does not read', () => {
  const floats: [string, number, Uint8Array] = ['0', 4, numbers]
  const untyped: [string, number, Uint8Array] = ['0', 16, numbers]
  const complex = tensor({ from: storage('0', 2, 'torch.ComplexFloatStorage'), size: [2] })
  const rebuild = (kind: string) =>
    call(`torch._utils._rebuild_${kind}`, storage('0'), tuple(tensor(), tensor()))
  it.each([
    ['float8', v3('torch.float8_e4m3fn'), 'torch.float8_e4m3fn', untyped],
    ['complex32', v3('torch.complex32'), 'torch.complex32', untyped],
    ['complex64', complex, 'ComplexFloatStorage', ['0', 2, numbers] as typeof floats],
    ['quantised', rebuild('qtensor'), 'torch._utils._rebuild_qtensor', floats],
    ['sparse', rebuild('sparse_tensor'), 'torch._utils._rebuild_sparse_tensor', floats],
    [
      'of no numbers',
      rebuild('meta_tensor_no_storage'),
      'torch._utils._rebuild_meta_tensor_no_storage',
      floats,
    ],
  ])('%s: the others are read', async (_, value, got, storage0) => {
    const good = tensor({ from: storage('1') })
    const tensors = await readPth(legacyPth(dict({ w: value, good }), [storage0, ['1', 4, numbers]]))
    expect([...tensors.keys()]).toEqual(['w', 'good'])
    expect(tensors.get('good')!.data).toEqual(Float32Array.of(1, 2, 3, 4))
    expect(() => tensors.get('w')!.data).toThrow(new RangeError(unread(got)))
  })
})

describe('shared storages', () => {
  const names = (count: number, value: (i: number) => string) =>
    dict(Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, value(i)])))

  it('count once: many names of one view', async () => {
    const big = new Uint8Array(2 ** 20)
    const shared = tensor({ from: storage('0', 2 ** 18), size: [2 ** 18] })
    const tensors = await readPth(
      legacyPth(
        names(4, () => shared),
        [['0', 2 ** 18, big]],
      ),
      {
        maxBytes: 2 ** 20,
      },
    )
    expect(tensors.size).toBe(4)
    expect(tensors.get('w3')!.data.length).toBe(2 ** 18)
  })

  it('count for each different view, also of an expanded tensor', async () => {
    const expanded = (i: number) => tensor({ size: [2 ** 20, i + 1], stride: [0, 0] })
    await expect(readPth(legacyPth(names(20, expanded)))).rejects.toThrow(
      /^checkpoints\.readPth: the tensors must take at most 671\d{5} bytes, got more at 'w\d'\. Raise maxBytes if you trust the file\.$/,
    )
    const tensors = await readPth(legacyPth(names(6, expanded)), { maxBytes: 2 ** 27 })
    expect(tensors.get('w5')!.shape).toEqual([2 ** 20, 6])
  })
})
