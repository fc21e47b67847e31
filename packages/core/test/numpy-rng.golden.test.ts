import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { numpyRng } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

const directory = process.env.GOLDEN_DIR ?? join(import.meta.dirname, '../../../test/golden')

/** The float64 tensors of a safetensors file. Core can't import checkpoints, the package that reads such files. */
function readDoubles(file: string): Map<string, Float64Array> {
  const bytes = readFileSync(join(directory, file))
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: number[] }>
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__')
  return new Map(
    tensors.map(([name, { data_offsets: offsets }]) => {
      const [from, to] = offsets.map(offset => start + offset)
      return [name, new Float64Array(Uint8Array.from(bytes.subarray(from, to)).buffer)]
    }),
  )
}

describe('numpyRng', () => {
  const tensors = readDoubles('rng/numpy-pcg64.safetensors')
  it.each([...tensors.keys()])('has the bits of %s', async name => {
    const [, seed, kind] = name.match(/^seed(\d+)\/(normal|uniform)$/) ?? []
    expect(seed, `a stream named seed<n>/normal or uniform, not ${name}`).toBeDefined()
    const expected = tensors.get(name)!
    const rng = numpyRng(BigInt(seed!))
    const drawn = kind === 'normal' ? rng.standardNormal(expected.length) : rng.random(expected.length)
    await expectClose(drawn, expected, exact)
  })
})
