import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { toFloat32, writeSafetensors } from '@rectified-flow/checkpoints'
import type { ImageBatch } from '@rectified-flow/core'
import { batches, type ImageSource } from '@rectified-flow/datasets'
import {
  type FeatureSet,
  FeatureStatistics,
  type KeptName,
  type Measurement,
  measureSpaces,
} from '@rectified-flow/eval-fid'
import { withProgress } from '../progress.js'
import type { Shard } from '../shard.js'
import { sourceFingerprint } from '../source-fingerprint.js'
import type { Measurer } from './extractor.js'
import { isWhole, type Part, partName, partNames, readPart, writePart } from './part-file.js'

/** Images per part. A killed run has to measure at most this many again. */
const PART = 2048

/** A network, and where its parts are kept until all are there. */
export interface PartsSpace {
  extractor: Measurer
  /** What the metrics need to know about the images. */
  keep: readonly KeptName[]
  folder: string
}

interface PartsJob {
  source: ImageSource
  spaces: readonly PartsSpace[]
  shard: Shard
  batch: number
}

/**
 * Measure this process's share of the images, part by part, with every network in one pass. Each part of a network is kept in its
 * own file, so that a killed run can go on and several processes can share the work: the process that finds all parts there
 * joins them.
 *
 * @returns  for each space, what `collectParts` must expect
 */
export async function measureParts({ source, spaces, shard, batch }: PartsJob): Promise<ExpectedParts[]> {
  const total = Math.ceil(source.count / PART)
  const fingerprint = await sourceFingerprint(source)
  const ids = spaces.map(space => identity(fingerprint, space))
  for (const { folder } of spaces) await mkdir(folder, { recursive: true })
  const mine = Array.from({ length: total }, (_, part) => part).filter(
    part => part % shard.count === shard.index,
  )
  const images = (part: number) => Math.min(PART, source.count - part * PART)
  const sum = (parts: number[]) => parts.reduce((all, part) => all + images(part), 0)
  const fileOf = (space: number, part: number) => join(spaces[space]!.folder, partName(part, total))
  /** The spaces that lack each part. */
  const todo = new Map<number, number[]>()
  for (const part of mine) {
    const missing: number[] = []
    for (const space of spaces.keys()) if (!(await isWhole(fileOf(space, part)))) missing.push(space)
    if (missing.length > 0) todo.set(part, missing)
  }
  await withProgress({ title: 'measure', total: sum(mine), unit: 'images' }, async update => {
    let done = sum(mine) - sum([...todo.keys()])
    update(done)
    for (const [part, missing] of todo) {
      const order = Int32Array.from({ length: images(part) }, (_, i) => part * PART + i)
      const measuring = missing.map(space => {
        const { extractor, keep } = spaces[space]!
        return [space, { extractor, keep: kept(keep) }] as const
      })
      const measured = await measureSpaces(Object.fromEntries(measuring), pictures(source, order, batch), {
        onProgress: count => update(done + count),
      })
      for (const space of missing) await writePart(fileOf(space, part), measured[space]!, ids[space]!)
      done += images(part)
    }
  })
  return spaces.map(({ extractor }, space) => ({ id: ids[space]!, total, dim: extractor.dim }))
}

/** What all parts have in common. Members that are not given are taken from the first part. */
export interface ExpectedParts {
  id?: string
  total?: number
  dim?: number
}

/**
 * All parts in a folder as one measurement, or how many are missing. Throws if a part is of other images or of another
 * network, and names the part.
 */
export async function collectParts(
  folder: string,
  expected: ExpectedParts = {},
): Promise<Measurement<'moments'> | { missing: number }> {
  const names = await partNames(folder)
  if (names.length === 0 && expected.total === undefined)
    throw new RangeError(`'${folder}' must hold measured parts, got none.`)
  const total = expected.total ?? Number(/of-(\d+)/.exec(names[0]!)?.[1])
  if (names.length < total) return { missing: total - names.length }
  const parts = await Promise.all(names.map(name => readPart(join(folder, name))))
  const id = expected.id ?? parts[0]?.id
  const other = parts.findIndex(part => part.id !== id)
  if (other >= 0)
    throw new RangeError(
      `'${join(folder, names[other]!)}' was measured in another way. Remove '${folder}' to measure anew.`,
    )
  return joined(parts, expected.dim)
}

/** All that must be equal in parts that belong together. */
function identity(images: string, { extractor, keep }: PartsSpace): string {
  return JSON.stringify({ images, ...extractor.description, kept: kept(keep) })
}

/** The features of each image are always kept, because moments are computed from them. The metrics decide what else is kept. */
function kept(keep: readonly KeptName[]): KeptName[] {
  return ['samples', ...(['spatial', 'logits'] as const).filter(name => keep.includes(name))]
}

async function* pictures(source: ImageSource, order: Int32Array, batch: number): AsyncGenerator<ImageBatch> {
  for await (const images of batches(source, { batch, order })) {
    await turn() // without this, a synchronous backend would leave a worker no time to notice that its parent ended
    yield images
  }
}

function joined(parts: readonly Part[], dim?: number): Measurement<'moments'> {
  const [first] = parts as [Part]
  const samples = rows(parts, 'features')!
  const moments = new FeatureStatistics(dim ?? samples.shape[1])
  for (const { tensors } of parts) moments.add(toFloat32(tensors.get('features')!))
  const logits = rows(parts, 'logits')
  const spatial = spatialOf(parts)
  return {
    ...first.measurement,
    images: samples.shape[0],
    moments,
    samples,
    ...(logits && { logits }),
    ...(spatial && { spatial }),
  }
}

function rows(parts: readonly Part[], name: string): FeatureSet | undefined {
  const tensors = parts.map(part => part.tensors.get(name))
  const [first] = tensors
  if (!first) return undefined
  const count = tensors.reduce((sum, tensor) => sum + tensor!.shape[0]!, 0)
  const columns = first.shape[1]!
  const data = new Float32Array(count * columns)
  let to = 0
  for (const tensor of tensors) {
    const values = toFloat32(tensor!)
    data.set(values, to)
    to += values.length
  }
  return { data, shape: [count, columns] }
}

function spatialOf(parts: readonly Part[]): FeatureStatistics | undefined {
  let all: FeatureStatistics | undefined
  for (const { tensors } of parts) {
    const own = new Map(
      [...tensors].filter(([name]) => name.startsWith('spatial.')).map(([name, t]) => [name.slice(8), t]),
    )
    if (own.size === 0) return undefined
    const statistics = FeatureStatistics.load(writeSafetensors(own))
    if (all) all.merge(statistics)
    else all = statistics
  }
  return all
}
