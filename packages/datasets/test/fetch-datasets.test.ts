import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchCifar10, fetchMnist } from '@rectified-flow/datasets/node'
import { afterAll, beforeAll, expect, it } from 'vitest'

let cacheDir: string
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cache-'))
})
afterAll(() => rm(cacheDir, { recursive: true }))

it('names the address, the hash and where to put the file, when it is offline', async () => {
  const cifar = await fetchCifar10({ cacheDir, offline: true, split: 'test' }).catch(error => error as Error)
  for (const part of [
    'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    cacheDir,
  ])
    expect((cifar as Error).message).toContain(part)
  await expect(fetchMnist({ cacheDir, offline: true, split: 'test' })).rejects.toThrow(
    't10k-images-idx3-ubyte.gz',
  )
  await expect(fetchMnist({ split: 'valid' as 'test' })).rejects.toThrow(
    "datasets.fetchMnist: split must be one of train, test, got 'valid'.",
  )
})
