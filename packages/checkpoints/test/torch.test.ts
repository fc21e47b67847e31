import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type HostTensor,
  readCheckpoint,
  readEdmPkl,
  readNpz,
  readPth,
  toFloat32,
} from '@rectified-flow/checkpoints'
import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import { describe, expect, it } from 'vitest'

const path = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url))
const golden = (name: string) => readFileSync(path(name))
const expected = (name: string) => readNpz(golden(name))

/** The same names and numbers, and the same dtypes, except BF16, which NumPy lacks. */
function expectSame(got: Map<string, HostTensor>, want: Map<string, HostTensor>): void {
  expect([...got.keys()].sort()).toEqual([...want.keys()].sort())
  for (const [name, tensor] of want) {
    const found = got.get(name)!
    if (found.dtype === 'BF16')
      expect({ ...found, dtype: 'F32', data: toFloat32(found) }, name).toEqual(tensor)
    else expect(found, name).toEqual(tensor)
  }
}

describe.each(['zip.pth', 'legacy.pth'])('%s', file => {
  it('reads every dtype, and views of every kind', async () => {
    const tensors = await readPth(golden(file))
    expectSame(tensors, await expected('torch-expected.npz'))
    expect([...tensors.keys()].slice(0, 3)).toEqual(['model.f32', 'model.f64', 'model.f16'])
    expect(tensors.get('model.bf16')!.dtype).toBe('BF16')
  })

  it('gives the tensors under a prefix', async () => {
    const want = [...(await expected('torch-expected.npz'))]
    const ema = want
      .filter(([name]) => name.startsWith('ema.'))
      .map(([name, t]) => [name.slice(4), t] as const)
    expectSame(await readPth(golden(file), { prefix: 'ema' }), new Map(ema))
    await expect(readPth(golden(file), { prefix: 'net' })).rejects.toThrow(
      new RangeError(
        "checkpoints.readPth: prefix must start a name in the file, got 'net'. Its names start with ['model','ema','optimizer','history'].",
      ),
    )
  })

  it('gives each view memory of its own, and the names of one view the same', async () => {
    const tensors = await readPth(golden(file))
    tensors.get('model.shared.all')!.data.fill(9 as never)
    expect([...toFloat32(tensors.get('model.shared.head')!)].slice(0, 2)).toEqual([0, 1])
    expect([...toFloat32(tensors.get('model.tied')!)].slice(0, 2)).toEqual([9, 9])
  })
})

it('reads dtypes that have no storage class', async () => {
  expect((await readPth(golden('v3.pth'))).get('x')).toEqual({
    dtype: 'U16',
    shape: [2],
    data: Uint16Array.of(1, 1),
  })
})

it('reads the state of a pickled module', async () => {
  const names = ['fc.weight', 'fc.bias', 'norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var']
  const tensors = await readPth(golden('module.pth'))
  expect([...tensors.keys()]).toEqual([...names, 'norm.num_batches_tracked'])
  expect(tensors.get('fc.weight')!.shape).toEqual([3, 2])
})

it('reads a network pickle of EDM', async () => {
  const { tensors, network } = await readEdmPkl(golden('edm.pkl'))
  expectSame(tensors, await expected('edm-expected.npz'))
  expect(network).toEqual({
    className: 'EDMPrecond',
    kwargs: {
      img_resolution: 8,
      img_channels: 3,
      use_fp16: true,
      channel_mult: [1, 2],
      model_type: 'SongUNet',
    },
  })
  await expect(readEdmPkl(golden('edm.pkl'), { key: 'G' })).rejects.toThrow(
    new RangeError(
      "checkpoints.readEdmPkl: key must name a network in the file, got 'G'. It has 'ema', 'loss_fn', 'augment_pipe', 'dataset_kwargs'.",
    ),
  )
})

describe('readCheckpoint', () => {
  it.each([
    ['zip.pth', 'pth'],
    ['legacy.pth', 'pth-legacy'],
    ['edm.pkl', 'edm-pkl'],
    ['arrays.npz', 'npz'],
  ])('tells what %s is', async (file, format) => {
    const checkpoint = await readCheckpointFile(path(file))
    expect(checkpoint.format).toBe(format)
    expect(checkpoint.tensors.size).toBeGreaterThan(2)
    expect(checkpoint.network?.className).toBe(format === 'edm-pkl' ? 'EDMPrecond' : undefined)
  })

  it('refuses a file of none of these formats, and names the file', async () => {
    await expect(readCheckpoint(Uint8Array.of(1, 2))).rejects.toThrow(
      new RangeError(
        'checkpoints.readCheckpoint: bytes must be a safetensors, .pth, EDM .pkl or .npz file, got one that starts with 01 02.',
      ),
    )
    await expect(readCheckpointFile(path('make_torch.py'))).rejects.toThrow(
      `The file is '${path('make_torch.py')}'.`,
    )
  })
})
