import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js'

// Pickles as Latin-1 text, in which each character is a byte.

/** Latin-1 text as bytes. */
export const bytes = (...parts: string[]) =>
  Uint8Array.from(parts.join(''), character => character.charCodeAt(0))

const little = (value: number, size: number) =>
  String.fromCharCode(...Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 255))

export const int = (value: number) => `J${little(value, 4)}`
export const text = (value: string) => {
  const utf8 = String.fromCharCode(...new TextEncoder().encode(value))
  return `X${little(utf8.length, 4)}${utf8}`
}
export const tuple = (...items: string[]) => `(${items.join('')}t`
export const list = (...items: string[]) => `](${items.join('')}e`
export const dict = (entries: Record<string, string>) =>
  `}(${Object.entries(entries)
    .map(([key, value]) => text(key) + value)
    .join('')}u`
/** A global, 'module.name'. */
export const global = (name: string) => {
  const dot = name.lastIndexOf('.')
  return `c${name.slice(0, dot)}\n${name.slice(dot + 1)}\n`
}
export const call = (name: string, ...args: string[]) => `${global(name)}${tuple(...args)}R`
/** An object of a class whose attributes are set, as most are pickled. */
export const object = (name: string, attributes: string) => `${global(name)})\x81${attributes}b`

/** A reference to the storage of this name, of `length` elements. */
export const storage = (key: string, length = 4, type = 'torch.FloatStorage') =>
  `${tuple(text('storage'), global(type), text(key), text('cpu'), int(length))}Q`

export interface View {
  from?: string
  offset?: number
  size?: number[]
  stride?: number[]
  /** Further arguments, after requires_grad and backward_hooks. */
  more?: string[]
}

/** The arguments of _rebuild_tensor_v2 and _v3: by default all four numbers of storage '0'. */
export const view = ({ from = storage('0'), offset = 0, size = [4], stride = [1], more = [] }: View = {}) => [
  from,
  int(offset),
  tuple(...size.map(int)),
  tuple(...stride.map(int)),
  '\x89',
  call('collections.OrderedDict'),
  ...more,
]
export const tensor = (options?: View) => call('torch._utils._rebuild_tensor_v2', ...view(options))

/** A .pth file in the legacy format; the keys of the storages, how many elements they have and the elements' bytes. */
export function legacyPth(body: string, storages: [string, number, Uint8Array][] = [['0', 4, numbers]]) {
  const head = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.'
  const machine = `\x80\x02${dict({ little_endian: '\x88' })}.`
  const keys = `\x80\x02${list(...storages.map(([key]) => text(key)))}.`
  const data = storages.flatMap(([, length, content]) => [bytes(little(length, 8)), content])
  return join(bytes(head, machine, `\x80\x02${body}.`, keys), ...data)
}

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The numbers 1, 2, 3, 4 as float32. */
export const numbers = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)

/** A zip file with these members, stored. */
export async function zipOf(members: Record<string, Uint8Array>): Promise<Uint8Array> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level: 0 })
  for (const [name, content] of Object.entries(members)) await zip.add(name, new Uint8ArrayReader(content))
  return zip.close()
}

/** A .pth file in the zip format. */
export const zipPth = (body: string, more: Record<string, Uint8Array> = {}) =>
  zipOf({ 'a/data.pkl': bytes(`\x80\x02${body}.`), 'a/data/0': numbers, ...more })
