import { bytesOf, fromLatin1 } from '../files/files.js'

const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`
const storage = (key: string, count: number, kind = 'FloatStorage') =>
  `(${text('storage')}ctorch\n${kind}\n${text(key)}${text('cpu')}K${String.fromCharCode(count)}tQ`
const numbers = (list: readonly number[]) => `(${list.map(n => `K${String.fromCharCode(n)}`).join('')}t`
const tensor = (base: string, offset: number, shape: readonly number[], stride: readonly number[]) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${base}K${String.fromCharCode(offset)}${numbers(shape)}${numbers(stride)}` +
  `\x89ccollections\nOrderedDict\n)RtR`
const items = (entries: Readonly<Record<string, string>>) =>
  `}q\0(${Object.entries(entries)
    .map(([key, value]) => text(key) + value)
    .join('')}u`

/** What a training script pickles: two models that share a storage, a transposed view, counters and an optimiser's state. */
const checkpoint = (key: (name: string) => string) =>
  items({
    model: items({
      'conv.weight': tensor(storage(key('0'), 24), 0, [2, 3, 4], [12, 4, 1]),
      'conv.bias': tensor(storage(key('1'), 4, 'HalfStorage'), 1, [3], [1]),
      transposed: tensor(storage(key('0'), 24), 0, [4, 6], [1, 4]),
    }),
    ema: items({ 'conv.weight': tensor(storage(key('0'), 24), 2, [2, 2], [4, 1]) }),
    step: 'M\xe8\x03',
    rate: 'G?PbM\xd2\xf1\xa9\xfc',
    history: `](K\x01K\x02e`,
    done: '\x88',
  })

const magic = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'
const legacyHead = `${magic}\x80\x02M\xe9\x03.\x80\x02}(${text('protocol_version')}M\xe9\x03${text('little_endian')}\x88u.`
const count = (n: number) => `${String.fromCharCode(n)}\0\0\0\0\0\0\0`

/** A file of torch.save before PyTorch 1.6. */
export const legacyPth = (): Uint8Array =>
  fromLatin1(
    `${legacyHead}\x80\x02${checkpoint(key => key)}.\x80\x02](${text('0')}${text('1')}e.` +
      `${count(24)}${'\x01\x02\x03\x3f'.repeat(24)}${count(4)}${'\x00\x3c'.repeat(4)}`,
  )

/** The entries of a file of torch.save since then, which is a zip. */
export const zipPthEntries = (): [string, Uint8Array][] => [
  ['archive/data.pkl', fromLatin1(`\x80\x02${checkpoint(key => key)}.`)],
  ['archive/byteorder', bytesOf('little')],
  ['archive/data/0', new Uint8Array(96).fill(63)],
  ['archive/data/1', new Uint8Array(8).fill(60)],
  ['archive/version', bytesOf('3\n')],
]

/** A network pickle of EDM: an object as a call with the source of its class, whose tensors have files of their own. */
export function edmPkl(): Uint8Array {
  const inner = `${legacyHead}\x80\x02${storage('7', 6)}.\x80\x02](${text('7')}e.${count(6)}${'\0\0\x80?'.repeat(6)}`
  const bytes = `B${String.fromCharCode(inner.length & 255, inner.length >> 8)}\0\0${inner}`
  const loaded = `ctorch.storage\n_load_from_bytes\n${bytes}\x85R`
  const persistent = (className: string, state: string) =>
    `ctorch_utils.persistence\n_reconstruct_persistent_obj\n${items({
      type: text('class'),
      version: 'K\x06',
      module_src: text('raise SystemExit'),
      class_name: text(className),
      state,
    })}\x85R`
  const module = (parameters: string, modules: string) =>
    items({ training: '\x89', _parameters: parameters, _buffers: '}', _modules: modules })
  const network = items({
    _init_args: ')',
    _init_kwargs: items({ img_resolution: 'K\x08', channel_mult: '](K\x01K\x02e' }),
    training: '\x89',
    _parameters: items({ weight: tensor(loaded, 0, [2, 3], [3, 1]) }),
    _buffers: '}',
    _modules: items({ layer: persistent('Linear', module('}', '}')) }),
  })
  return fromLatin1(`\x80\x04${items({ ema: persistent('EDMPrecond', network), loss_fn: 'N' })}.`)
}
