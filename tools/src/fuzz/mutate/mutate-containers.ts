import { deflateSync, inflateSync } from 'node:zlib'
import type { Dice } from '../dice.js'
import { type PngHeader, pngChunks, pngFile } from '../files/png-file.js'
import { type ZipFields, zipFile } from '../files/zip-file.js'
import { mutateBytes } from './mutate-bytes.js'

export type Mutate = (bytes: Uint8Array, dice: Dice) => Uint8Array

const SIZES = [0, 1, 7, 0xffff, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff]

/** A zip with one changed entry or header, and right checksums. */
export function mutateZip(
  entries: readonly (readonly [name: string, bytes: Uint8Array])[],
  mutate: (name: string) => Mutate,
  dice: Dice,
): Uint8Array {
  const deflate = dice.below(2) === 1
  const at = dice.below(entries.length)
  const [name, bytes] = entries[at]!
  const kind = dice.below(8)
  if (kind < 5) return zipFile({ entries: entries.with(at, [name, mutate(name)(bytes, dice)]), deflate })
  if (kind === 5) {
    const names = ['', '/', '../up.png', 'a/'.repeat(200), `${name}\0`, name.toUpperCase(), entries[0]![0]]
    return zipFile({ entries: entries.with(at, [dice.pick(names), bytes]), deflate })
  }
  if (kind === 6) return mutateBytes(zipFile({ entries, deflate }), dice)
  const field = dice.pick([
    'flags',
    'method',
    'packed',
    'size',
    'nameLength',
    'extraLength',
    'offset',
  ] as const)
  const value = dice.pick(SIZES)
  const edit = (fields: ZipFields, index: number) => {
    if (index === at) fields[field] = value
  }
  return zipFile({ entries, deflate, edit })
}

/** A PNG with a changed header, changed pixels or a changed chunk, and right checksums. */
export function mutatePng(header: PngHeader, dice: Dice): Uint8Array {
  const chunks = pngChunks(header)
  const kind = dice.below(6)
  if (kind === 0) return mutateBytes(pngFile(chunks), dice)
  if (kind === 1) {
    const other = { ...header }
    const field = dice.pick(['width', 'height', 'depth', 'colour', 'interlace'] as const)
    other[field] = field === 'width' || field === 'height' ? dice.pick(SIZES) : dice.below(18)
    return pngFile([headerChunk(other), ...chunks.slice(1)])
  }
  const at = dice.below(chunks.length)
  const [name, bytes] = chunks[at]!
  if (kind === 2) return pngFile(chunks.toSpliced(at, 1))
  if (kind === 3) return pngFile(chunks.toSpliced(at, 0, chunks[dice.below(chunks.length)]!))
  if (kind === 4 && name === 'IDAT')
    return pngFile(chunks.with(at, [name, deflateSync(mutateBytes(inflateSync(bytes), dice))]))
  return pngFile(chunks.with(at, [name, mutateBytes(bytes, dice)]))
}

function headerChunk({ width, height, ...rest }: PngHeader): readonly [string, Uint8Array] {
  const [[kind, bytes]] = pngChunks({ ...rest, width: 1, height: 1 }) as [readonly [string, Uint8Array]]
  const header = Buffer.from(bytes)
  header.writeUInt32BE(width >>> 0, 0)
  header.writeUInt32BE(height >>> 0, 4)
  return [kind, header]
}
