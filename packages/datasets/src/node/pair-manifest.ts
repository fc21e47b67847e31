import { createHash } from 'node:crypto'
import { checkInt, checkOneOf, describe } from '@rectified-flow/core'
import { MAX_CLASSES } from '../internal/class-labels.js'
import type { FullPairPlan, PairPlan } from '../pair-plan.js'

/** The most shards of a store: their names are listed in memory, and a folder with more files is slow. */
const MAX_SHARDS = 2 ** 20
/** The most measures of a pair: a shard's header names them. */
const MAX_MEASURES = 64

/** Check a plan and fill in its defaults. */
export function fullPlan(where: string, plan: PairPlan): FullPairPlan {
  const {
    count,
    shardSize = 1024,
    seed,
    shape,
    images = 'uint8',
    noise = 'indexed',
    classes,
    quality,
    origin = {},
  } = plan
  checkInt(where, 'count', count, 1)
  checkInt(where, 'shardSize', shardSize, 1)
  checkInt(where, 'the number of shards, count / shardSize,', Math.ceil(count / shardSize), 1, MAX_SHARDS)
  checkInt(where, 'seed', seed, 0, Number.MAX_SAFE_INTEGER)
  if (!Array.isArray(shape) || shape.length !== 3)
    throw new RangeError(`${where}: shape must be [H,W,C], got ${describe(shape)}.`)
  for (const [axis, size] of shape.entries()) checkInt(where, `shape[${axis}]`, size, 1)
  checkOneOf(where, 'images', images, ['uint8', 'float16'])
  checkOneOf(where, 'noise', noise, ['indexed', 'pcg64', 'float16', 'float32'])
  if (classes !== undefined) checkInt(where, 'classes', classes, 1, MAX_CLASSES)
  if (quality !== undefined) checkQuality(where, quality)
  if (origin === null || typeof origin !== 'object')
    throw new TypeError(`${where}: origin must be an object, got ${describe(origin)}.`)
  const sorted = Object.fromEntries(Object.entries(origin).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    count,
    shardSize,
    seed,
    shape: [...shape] as [number, number, number],
    images,
    noise,
    ...(classes !== undefined && { classes }),
    ...(quality !== undefined && { quality: [...quality].sort() }),
    origin: sorted,
  }
}

function checkQuality(where: string, names: readonly string[]): void {
  if (!Array.isArray(names) || names.length === 0 || names.length > MAX_MEASURES)
    throw new RangeError(
      `${where}: quality must be a list of 1 to ${MAX_MEASURES} names, got ${describe(names)}.`,
    )
  for (const name of names)
    if (typeof name !== 'string' || !/^[A-Za-z]\w{0,63}$/.test(name))
      throw new RangeError(
        `${where}: quality must hold names of up to 64 letters, digits and _, a letter first, got ${describe(name)}.`,
      )
  if (new Set(names).size < names.length)
    throw new RangeError(`${where}: quality must hold each name once, got ${describe(names)}.`)
}

/** The text of a store's manifest. It depends on the plan alone, so that every writer writes the same text. */
export function manifestText(plan: FullPairPlan): string {
  return `${JSON.stringify({ format: 'rectified-flow/pairs', version: 1, ...plan }, null, 2)}\n`
}

/** A short id of a plan, which is written into each of its shards. */
export function planId(plan: FullPairPlan): string {
  return createHash('sha256').update(manifestText(plan)).digest('hex').slice(0, 16)
}

/** The plan in a manifest; throws if the text is no manifest. */
export function parseManifest(where: string, path: string, text: string): FullPairPlan {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new RangeError(`${where}: ${describe(path)} must be JSON, got ${(cause as Error).message}.`, {
      cause,
    })
  }
  if (value?.format !== 'rectified-flow/pairs' || value.version !== 1)
    throw new RangeError(
      `${where}: ${describe(path)} must be the manifest of a pair store (version 1), got ${describe(value?.format)} ${describe(value?.version)}.`,
    )
  return fullPlan(where, value as unknown as PairPlan)
}

/** Throw unless both plans are the same; the error names the first difference. */
export function checkSamePlan(
  where: string,
  directory: string,
  have: FullPairPlan,
  want: FullPairPlan,
): void {
  const keys = new Set([...Object.keys(have), ...Object.keys(want)]) as Set<keyof FullPairPlan>
  for (const key of keys) {
    const [a, b] = [JSON.stringify(have[key]), JSON.stringify(want[key])]
    if (a !== b)
      throw new RangeError(
        `${where}: ${key} must be ${a}, as in the store in ${describe(directory)}, got ${b}. Other pairs need another directory.`,
      )
  }
}
