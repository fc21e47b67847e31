import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HostTensor, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { lpips } from '@rectified-flow/losses-lpips-huber'
import { lpipsFiles, readLpips, readLpipsAveragePooling } from '@rectified-flow/losses-lpips-huber/node'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBackbone } from './random-backbone.js'

describe('readLpips', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lpips-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('reads files of your own', async () => {
    const backbone = randomBackbone('squeezenet1_1', 1)
    const widths = [64, 128, 256, 384, 384, 512, 512]
    const heads = new Map<string, HostTensor>(
      widths.map((width, i) => [
        `lin${i}.model.1.weight`,
        { dtype: 'F32', shape: [1, width, 1, 1], data: createRng(i).uniforms(width) },
      ]),
    )
    const [weightsPath, headsPath] = ['backbone', 'heads'].map(name => join(folder, `${name}.safetensors`))
    await writeFile(weightsPath!, writeSafetensors(backbone))
    await writeFile(headsPath!, writeSafetensors(heads))
    const net = await readLpips('squeezenet1_1', { backbone: weightsPath!, heads: headsPath! })
    const same = lpips({ backbone, heads })
    const [a, b] = [2, 3].map(seed => createRng(seed).uniform([1, 17, 17, 3], -1, 1))
    await expectClose(net.distance(a!, b!), same.distance(a!, b!), exact)
    net.dispose()
    same.dispose()
  })

  it('says which file to put where if it may not fetch it', async () => {
    const { name, url, sha256 } = lpipsFiles.vgg16.backbone
    const path = join(folder, sha256, name)
    await expect(readLpipsAveragePooling({ offline: true, cacheDir: folder })).rejects.toThrow(
      new Error(
        `checkpoints.fetchFile: '${name}' must be in the cache, got none, and offline is set. It is published at ${url}. ` +
          `Put the file at '${path}'; its SHA-256 starts with ${sha256}.`,
      ),
    )
  })

  it('refuses another name', async () => {
    await expect(readLpips('vgg' as never)).rejects.toThrow(
      new RangeError(
        "losses-lpips-huber.readLpips: backbone must be one of vgg16, alexnet, squeezenet1_1, got 'vgg'.",
      ),
    )
  })

  it('has the addresses and hashes that PyTorch publishes', () => {
    const pins = Object.values(lpipsFiles).map(files => files.backbone.sha256)
    expect(pins).toEqual(['397923af', '7be5be79', 'b8a52dc0'])
  })
})
