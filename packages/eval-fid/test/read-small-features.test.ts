import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { saveSmallResNet, smallResNet } from '@rectified-flow/eval-fid'
import { readCifarFeatures, readDigitFeatures } from '@rectified-flow/eval-fid/node'
import { expect, it } from 'vitest'

it('reads a file', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'digits-')), 'net.safetensors')
  const bytes = await saveSmallResNet(smallResNet({ rng: createRng(0) }))
  await writeFile(path, bytes)
  expect((await readDigitFeatures(path)).dim).toBe(64)

  await writeFile(path, bytes.subarray(0, 1000))
  await expect(readDigitFeatures(path)).rejects.toThrow(
    `eval-fid.readDigitFeatures: path must hold a whole digit network, got '${path}'. checkpoints.readSafetensors: `,
  )
})

it('names the file that is missing', async () => {
  await expect(readDigitFeatures('/nowhere.safetensors')).rejects.toThrow(
    new Error(
      "eval-fid.readDigitFeatures: path must be a file that can be read, got '/nowhere.safetensors' (ENOENT).",
    ),
  )
})

it('gives the shipped network for 32 x 32 colour images, and its hash', async () => {
  const net = await readCifarFeatures()
  expect([net.dim, net.config.size, net.config.channels]).toEqual([128, 32, 3])
  expect(net.description).toEqual({
    network: 'CIFAR features',
    weightsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  net.dispose()
})
