import { createHash } from 'node:crypto'
import { type HostTensor, readSafetensors, toFloat32, writeSafetensors } from '@rectified-flow/checkpoints'
import { checkInt, describe } from '@rectified-flow/core'
import { toHalf } from '../internal/to-half.js'
import type { FullPairPlan } from '../pair-plan.js'
import type { PairRows } from '../pair-source.js'
import { planId } from './pair-manifest.js'

/** The tensors in a shard of this plan, by name: their dtype and the shape of one row. */
export function columnsOf(
  plan: FullPairPlan,
): Record<string, { dtype: 'U8' | 'F16' | 'F32' | 'I32'; row: number[] }> {
  const { shape, images, noise, classes } = plan
  return {
    images: { dtype: images === 'uint8' ? 'U8' : 'F16', row: [...shape] },
    ...(classes !== undefined && { labels: { dtype: 'I32' as const, row: [] } }),
    ...(noise === 'pcg64' && { noise: { dtype: 'U8' as const, row: [32] } }),
    ...(noise === 'float16' && { noise: { dtype: 'F16' as const, row: [...shape] } }),
    ...(noise === 'float32' && { noise: { dtype: 'F32' as const, row: [...shape] } }),
  }
}

/** How many pairs this shard has. */
export function shardRows({ count, shardSize }: FullPairPlan, shard: number): number {
  return Math.min(shardSize, count - shard * shardSize)
}

/** The bytes of a shard: a safetensors file with the id of its plan, its number and its checksum. */
export function encodeShard(where: string, plan: FullPairPlan, shard: number, rows: PairRows): Uint8Array {
  const tensors: Record<string, HostTensor> = {}
  for (const [name, { dtype, row }] of Object.entries(columnsOf(plan))) {
    const shape = [shardRows(plan, shard), ...row]
    const values = rows[name as keyof PairRows]
    const size = shape.reduce((a, b) => a * b, 1)
    if (values?.length !== size)
      throw new RangeError(
        `${where}: ${name} must hold ${size} numbers, [${shape}], got ${values?.length ?? 'none'}.`,
      )
    tensors[name] = { dtype, shape, data: toData(where, name, dtype, values) }
  }
  for (const name of ['labels', 'noise'] as const)
    if (rows[name] && !tensors[name])
      throw new TypeError(
        `${where}: ${name} must not be given: the plan of this store has none, got ${describe(rows[name])}.`,
      )
  for (let i = 0; tensors.labels && i < tensors.labels.data.length; i++)
    checkInt(where, `labels[${i}]`, tensors.labels.data[i] as number, 0, plan.classes! - 1)
  return writeSafetensors(tensors, {
    format: 'rectified-flow/pairs',
    plan: planId(plan),
    shard: String(shard),
    sha256: checksum(plan, shard, tensors),
  })
}

/** Rows from the bytes of their columns. */
export function decodeRows(
  plan: FullPairPlan,
  bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): PairRows {
  const rows: Partial<Record<keyof PairRows, PairRows[keyof PairRows]>> = {}
  for (const [name, { dtype }] of Object.entries(columnsOf(plan))) {
    const { buffer } = bytes.get(name)!
    rows[name as keyof PairRows] =
      dtype === 'U8'
        ? new Uint8Array(buffer)
        : dtype === 'I32'
          ? new Int32Array(buffer)
          : dtype === 'F32'
            ? new Float32Array(buffer)
            : toFloat32({ dtype, shape: [], data: new Uint16Array(buffer) })
  }
  return rows as PairRows
}

/** What is wrong with a shard's file, or null. This checks its structure, its plan and number, and every byte. */
export function shardProblem(plan: FullPairPlan, shard: number, bytes: Uint8Array): string | null {
  try {
    const { tensors, metadata } = readSafetensors(bytes)
    if (metadata.plan !== planId(plan)) return `of another store (plan ${metadata.plan ?? 'none'})`
    if (metadata.shard !== String(shard)) return `shard ${metadata.shard} under this name`
    if (metadata.sha256 !== checksum(plan, shard, Object.fromEntries(tensors)))
      return 'damaged: its checksum is wrong'
    return null
  } catch (error) {
    return `damaged: ${(error as Error).message}`
  }
}

function toData(where: string, name: string, dtype: string, values: ArrayLike<number>): HostTensor['data'] {
  if (dtype === 'I32') return Int32Array.from(values)
  const Kind = dtype === 'U8' ? Uint8Array : Float32Array
  if (!(values instanceof Kind))
    throw new TypeError(`${where}: ${name} must be a ${Kind.name}, got ${describe(values)}.`)
  return dtype === 'F16' ? toHalf(values) : values
}

function checksum(plan: FullPairPlan, shard: number, tensors: Record<string, HostTensor>): string {
  const hash = createHash('sha256').update(`${planId(plan)} ${shard}`)
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name]!
    hash.update(`${name} ${dtype} [${shape}]`)
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}
