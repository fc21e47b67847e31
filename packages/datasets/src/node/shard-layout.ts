import type { FileHandle } from 'node:fs/promises'
import type { FullPairPlan } from '../pair-plan.js'
import { openNamedFile, systemCode } from './internal/named-file.js'
import { planId } from './pair-manifest.js'
import { columnsOf, shardHash, shardRows } from './pair-shard.js'

/** The byte in a shard's file at which each column's rows begin. */
export type ShardLayout = ReadonlyMap<string, number>

const BYTES = { U8: 1, F16: 2, F32: 4, I32: 4 }
/** A shard's header takes less than 1 kB. */
const MAX_HEADER = 2 ** 16
/** Bytes that are read at once for the checksum. */
const PIECE = 2 ** 18

/** The columns of a plan's shards and the bytes of one row of each. */
export function rowBytes(plan: FullPairPlan): [name: string, bytes: number][] {
  return Object.entries(columnsOf(plan)).map(([name, { dtype, row }]) => [
    name,
    row.reduce((a, b) => a * b, BYTES[dtype]),
  ])
}

/**
 * Check a shard's file: its structure, its plan and number, and every byte by its checksum.
 *
 * @throws Error with what is wrong, as in 'got one that is ...'
 */
export async function checkShard(
  handle: FileHandle,
  plan: FullPairPlan,
  shard: number,
): Promise<ShardLayout> {
  const { header, dataStart, size } = await readHeader(handle)
  const metadata = header.__metadata__ ?? {}
  if (metadata.plan !== planId(plan)) throw new Error(`of another store (plan ${metadata.plan ?? 'none'})`)
  if (metadata.shard !== String(shard)) throw new Error(`shard ${metadata.shard} under this name`)
  const layout = new Map<string, number>()
  const hash = shardHash(plan, shard)
  for (const [name, bytes] of rowBytes(plan).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [start, end] = (header[name]?.data_offsets ?? []) as number[]
    const length = shardRows(plan, shard) * bytes
    if (!(start! >= 0) || end! - start! !== length || dataStart + end! > size)
      throw new Error(`damaged: it has no ${name}`)
    layout.set(name, dataStart + start!)
    hash.column(name)
    await readPieces(handle, { start: dataStart + start!, length }, piece => hash.update(piece))
  }
  if (metadata.sha256 !== hash.digest()) throw new Error('damaged: its checksum is wrong')
  return layout
}

/** What is wrong with the shard at this path, or null. */
export async function shardProblem(plan: FullPairPlan, shard: number, path: string): Promise<string | null> {
  let handle: FileHandle
  try {
    handle = await openNamedFile('datasets.PairStore.verify', 'shard', path)
  } catch (error) {
    const code = systemCode(error)
    return code === 'ENOENT'
      ? 'missing'
      : `no file that can be read (${code ?? 'a folder, a pipe or a device'})`
  }
  try {
    await checkShard(handle, plan, shard)
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    await handle.close()
  }
}

type Header = Record<string, { data_offsets?: number[] }> & { __metadata__?: Record<string, string> }

async function readHeader(handle: FileHandle): Promise<{ header: Header; dataStart: number; size: number }> {
  const { size } = await handle.stat()
  const lead = Buffer.alloc(8)
  await handle.read(lead, 0, 8, 0)
  const length = Number(lead.readBigUInt64LE())
  if (length > Math.min(MAX_HEADER, size - 8)) throw new Error('damaged: its header is not whole')
  const text = Buffer.alloc(length)
  await handle.read(text, 0, length, 8)
  try {
    return { header: JSON.parse(text.toString()) ?? {}, dataStart: 8 + length, size }
  } catch {
    throw new Error('damaged: its header is no JSON')
  }
}

async function readPieces(
  handle: FileHandle,
  { start, length }: { start: number; length: number },
  use: (piece: Buffer) => void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, length))
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(PIECE, length - done), start + done)
    if (bytesRead === 0) throw new Error('damaged: it ends early')
    use(buffer.subarray(0, bytesRead))
    done += bytesRead
  }
}
