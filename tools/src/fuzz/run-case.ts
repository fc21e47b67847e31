import * as tf from '@tensorflow/tfjs-core'
import { Dice } from './dice.js'
import { type Files, inTemporaryFolder, writeFiles } from './files/files.js'
import { problemOf } from './judge.js'
import { ALLOWANCE, watchMemory } from './peak-memory.js'
import type { Target } from './target.js'

export interface Outcome {
  /** Whether the input was read; else it was refused. */
  read: boolean
  /** What is wrong, if anything. */
  problem?: string | undefined
  /** Whether the cause may be the machine or an earlier case: the time or memory it took. Another run tells. */
  doubtful?: boolean
  /** How much the process grew, in bytes. */
  grown: number
  /** How long the reader took. */
  ms: number
}

type Prepared = Awaited<ReturnType<Target['prepare']>>
const prepared = new Map<string, Promise<Prepared>>()

export function prepare(target: Target): Promise<Prepared> {
  const known = prepared.get(target.name) ?? target.prepare()
  prepared.set(target.name, known)
  return known
}

/** The input of a case. */
export async function inputOf(target: Target, seed: number, number: number): Promise<Files> {
  return (await prepare(target)).mutate(new Dice(seed, target.name, number))
}

/** Read an input, and judge what happens. */
export function runInput(target: Target, files: Files): Promise<Outcome> {
  return inTemporaryFolder(async folder => {
    await writeFiles(folder, files)
    const size = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0)
    const engine = tf.engine()
    engine.startScope()
    const grown = watchMemory()
    const started = performance.now()
    let read = true
    let problem: string | undefined
    try {
      await target.read(folder, files)
    } catch (error) {
      read = false
      problem = problemOf(error, folder, files.keys())
    }
    const ms = performance.now() - started
    const bytes = grown()
    engine.endScope()
    tf.disposeVariables()
    const doubtful = problem === undefined && bytes > 3 * size + ALLOWANCE
    if (doubtful) problem = `took ${(bytes / 2 ** 20).toFixed(0)} MiB for ${size} bytes`
    return { read, problem, doubtful, grown: bytes, ms }
  })
}
