import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import { expect, it, onTestFinished } from 'vitest'
import { run } from './run.js'

const golden = process.env.GOLDEN_DIR ?? join(import.meta.dirname, '../../../test/golden')

it.each(['song-ncsnpp.pth', 'song-ncsnpp-legacy.pth'])('converts %s, and says what it found', async name => {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [input, output] = [join(golden, 'unet', name), join(folder, 'out.safetensors')]
  const before = await readCheckpointFile(input)

  const { out } = await run('convert', input, output, '--prefix', 'model.')

  const after = await readCheckpointFile(output)
  expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].map(key => key.slice(6)).sort())
  for (const [key, tensor] of after.tensors) expect(tensor).toEqual(before.tensors.get(`model.${key}`))
  const lines = out.split('\n')
  expect(lines).toHaveLength(before.tensors.size + 2)
  const numbers = [...before.tensors.values()].reduce((sum, { data }) => sum + data.length, 0)
  expect(lines.at(-2)).toBe(
    `${before.format}: ${before.tensors.size} tensors, ${numbers.toLocaleString('en-US')} numbers`,
  )
})

it('says that no tensor has a prefix', async () => {
  await expect(run('convert', join(golden, 'unet/song-ncsnpp.pth'), '--prefix', 'ema.')).rejects.toThrow(
    /^--prefix must begin a tensor's name, such as 'model\..*', got 'ema\.'\.$/,
  )
})
