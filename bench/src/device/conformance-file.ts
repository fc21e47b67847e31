import { readFileSync, writeFileSync } from 'node:fs'
import { useBackend } from '@rectified-flow/backends'
import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { cases } from '../../../test/conformance/cases.js'
import { results } from '../../../test/conformance/compare.js'
import { float32 } from '../host-tensors.js'

/** Write what tfjs's plain JavaScript computes for each case of the conformance suite, because it takes half a minute. */
export async function writeConformance(path: string): Promise<void> {
  await useBackend('cpu')
  const expected = new Map<string, ReturnType<typeof float32>>()
  for (const [i, one] of cases.entries())
    for (const [j, numbers] of (await results(one)).entries())
      expected.set(`${i}.${j}`, float32([numbers.length], numbers))
  writeFileSync(path, writeSafetensors(expected))
}

/** The results of each case in such a file. */
export function readConformance(path: string): Float32Array[][] {
  const expected: Float32Array[][] = cases.map(() => [])
  for (const [name, { data }] of readSafetensors(readFileSync(path)).tensors) {
    const [i, j] = name.split('.').map(Number) as [number, number]
    expected[i]![j] = data as Float32Array
  }
  return expected
}
