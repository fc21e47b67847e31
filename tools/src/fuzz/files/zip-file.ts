import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipParts {
  entries: readonly (readonly [name: string, bytes: Uint8Array])[]
  deflate?: boolean
  /** Changes the fields of an entry, in its own header and in the directory. Its checksum stays right. */
  edit?: (fields: ZipFields, index: number) => void
}

export interface ZipFields {
  flags: number
  method: number
  packed: number
  size: number
  nameLength: number
  extraLength: number
  offset: number
}

/** A zip file whose checksums are right, whatever else is wrong. */
export function zipFile({ entries, deflate = false, edit = () => {} }: ZipParts): Uint8Array {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [index, [path, bytes]] of entries.entries()) {
    const name = Buffer.from(path)
    const data = deflate ? deflateRawSync(bytes) : Buffer.from(bytes)
    const fields: ZipFields = {
      flags: 0x0800,
      method: deflate ? 8 : 0,
      packed: data.length,
      size: bytes.length,
      nameLength: name.length,
      extraLength: 0,
      offset: at,
    }
    edit(fields, index)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(fields.flags & 0xffff, 2)
    common.writeUInt16LE(fields.method & 0xffff, 4)
    common.writeUInt16LE(0x21, 8)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(fields.packed >>> 0, 14)
    common.writeUInt32LE(fields.size >>> 0, 18)
    common.writeUInt16LE(fields.nameLength & 0xffff, 22)
    common.writeUInt16LE(fields.extraLength & 0xffff, 24)
    const entry = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(fields.offset >>> 0, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, rest, name)
    local.push(entry)
    at += entry.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(at, 16)
  return new Uint8Array(Buffer.concat([...local, list, end]))
}
