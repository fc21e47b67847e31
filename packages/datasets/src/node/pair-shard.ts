import { createHash } from 'node:crypto'
import { type HostTensor, toFloat32, writeSafetensors } from '@rectified-flow/checkpoints'
import { checkInt, describe, toFloat16 } from '@rectified-flow/core'
import type { FullPairPlan } from '../pair-plan.js'
import type { PairRows } from '../pair-source.js'
import { planId } from './pair-manifest.js'

/** What the names of measures begin with in a shard. */
const QUALITY = 'quality.'
/** The columns of a shard that hold measures. */
export const isMeasure = (column: string): boolean => column.startsWith(QUALITY)

/** The tensors in a shard of this plan, by name: their dtype and the shape of one row. */
export function columnsOf(
  plan: FullPairPlan,
): Record<string, { dtype: 'U8' | 'F16' | 'F32' | 'I32'; row: number[] }> {
  const { shape, images, noise, classes, quality = [] } = plan
  return {
    images: { dtype: images === 'uint8' ? 'U8' : 'F16', row: [...shape] },
    ...(classes !== undefined && { labels: { dtype: 'I32' as const, row: [] } }),
    ...(noise === 'pcg64' && { noise: { dtype: 'U8' as const, row: [32] } }),
    ...(noise === 'float16' && { noise: { dtype: 'F16' as const, row: [...shape] } }),
    ...(noise === 'float32' && { noise: { dtype: 'F32' as const, row: [...shape] } }),
    ...Object.fromEntries(quality.map(name => [QUALITY + name, { dtype: 'F32' as const, row: [] }])),
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
    const values = isMeasure(name)
      ? rows.quality?.[name.slice(QUALITY.length)]
      : rows[name as Exclude<keyof PairRows, 'quality'>]
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
  for (const name of Object.keys(rows.quality ?? {}))
    if (!tensors[QUALITY + name])
      throw new TypeError(
        `${where}: quality.${name} must not be given: the plan of this store measures ${plan.quality?.join(', ') ?? 'nothing'}.`,
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
  const rows: Record<string, unknown> = {}
  for (const [name, { dtype }] of Object.entries(columnsOf(plan))) {
    if (isMeasure(name)) continue
    const { buffer } = bytes.get(name)!
    rows[name] =
      dtype === 'U8'
        ? new Uint8Array(buffer)
        : dtype === 'I32'
          ? new Int32Array(buffer)
          : dtype === 'F32'
            ? new Float32Array(buffer)
            : toFloat32({ dtype, shape: [], data: new Uint16Array(buffer) })
  }
  return { ...rows, ...(plan.quality && { quality: decodeQuality(plan, bytes) }) } as unknown as PairRows
}

/** The measures of pairs from the bytes of their columns, by name. */
export function decodeQuality(
  { quality = [] }: FullPairPlan,
  bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Record<string, Float32Array> {
  return Object.fromEntries(quality.map(name => [name, new Float32Array(bytes.get(QUALITY + name)!.buffer)]))
}

function toData(where: string, name: string, dtype: string, values: ArrayLike<number>): HostTensor['data'] {
  if (dtype === 'I32') return Int32Array.from(values)
  const Kind = dtype === 'U8' ? Uint8Array : Float32Array
  if (!(values instanceof Kind))
    throw new TypeError(`${where}: ${name} must be a ${Kind.name}, got ${describe(values)}.`)
  return dtype === 'F16' ? toFloat16(values) : values
}

function checksum(plan: FullPairPlan, shard: number, tensors: Record<string, HostTensor>): string {
  const hash = shardHash(plan, shard)
  for (const name of Object.keys(tensors).sort()) {
    const { data } = tensors[name]!
    hash.column(name)
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest()
}

/** The checksum of a shard, in pieces: for each column, in the order of the names, `column` and then `update` with its bytes. */
export function shardHash(plan: FullPairPlan, shard: number) {
  const hash = createHash('sha256').update(`${planId(plan)} ${shard}`)
  const columns = columnsOf(plan)
  return {
    column(name: string): void {
      const { dtype, row } = columns[name]!
      hash.update(`${name} ${dtype} [${[shardRows(plan, shard), ...row]}]`)
    },
    update(bytes: Uint8Array): void {
      hash.update(bytes)
    },
    digest: () => hash.digest('hex'),
  }
}
