import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpointFile, readSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

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

describe('a checkpoint of `train`', () => {
  it('becomes a file for PyTorch, from which its networks are read by their prefixes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const [teacher, images] = [join(folder, 'teacher.safetensors'), join(folder, 'images')]
    await tinyNetwork(teacher, { embeddingType: 'fourier', channelMultNoise: 2 })
    await tinyImages(images, ['0.png', '1.png'])
    const settings = { steps: 2, batch: 2, saveEvery: 2, previewEvery: 2, previewImages: 1, warmup: 1 }
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ ...settings, network: { initial: teacher }, coupling: { data: images }, recipe: 'C' }),
    )
    const at = join(folder, 'run')
    await run('train', join(folder, 'config.json'), '--out', at, '--backend', 'wasm')

    const checkpoint = join(at, 'checkpoints/step-000000002.safetensors')
    const [whole, averaged] = [join(folder, 'torch.safetensors'), join(folder, 'ema.safetensors')]
    const network = join(at, 'network.safetensors')
    await run('convert', checkpoint, whole, '--network', teacher)
    await run('convert', checkpoint, averaged, '--network', teacher, '--prefix', 'ema.')

    const [torch, ema, trained] = await Promise.all([whole, averaged, network].map(readSafetensorsFile))
    expect(ema!.tensors).toEqual(trained!.tensors) // map_noise.freqs too, which no checkpoint holds
    expect(ema!.metadata).toMatchObject({ ...trained!.metadata, step: '2', updates: '2' })
    const start = (await readSafetensorsFile(teacher)).tensors.get('map_layer0.weight')
    for (const prefix of ['model', 'ema', 'exp_avg', 'exp_avg_sq'])
      expect(torch!.tensors.get(`${prefix}.map_layer0.weight`)).not.toEqual(start)
    await run('sample', '--network', whole, '--prefix', 'model.', '--out', join(folder, 'raw.png'))
    await run('sample', '--network', averaged, '--out', join(folder, 'averaged.png'))

    await expect(run('convert', checkpoint)).rejects.toThrow(
      `--network must be given for a checkpoint of \`train\`, '${checkpoint}', got none.`,
    )
  })
})
