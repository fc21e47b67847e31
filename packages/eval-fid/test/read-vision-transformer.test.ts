import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HostTensor, writeSafetensors } from '@rectified-flow/checkpoints'
import { dinov2Small, VisionTransformer } from '@rectified-flow/eval-fid'
import { clipBase32File, dinov2SmallFile, readClip, readDinov2 } from '@rectified-flow/eval-fid/node'
import { beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vision-'))
})

describe('readDinov2, readClip', () => {
  it('say which weight is missing or has another shape, and of which file', async () => {
    const path = join(folder, 'weights.safetensors')
    const token: HostTensor = { dtype: 'F32', shape: [1, 1, 768], data: new Float32Array(768) }
    await writeFile(path, writeSafetensors({ 'embeddings.cls_token': token }))
    await expect(readDinov2({ path })).rejects.toThrow(
      new RangeError(
        `eval-fid.readDinov2: path must be a safetensors file with the weights of DINOv2 ViT-S/14, got '${path}'. ` +
          'eval-fid.VisionTransformer: embeddings.cls_token must have shape [1,1,384], got [1,1,768].',
      ),
    )
    await expect(readClip({ path })).rejects.toThrow(
      'vision_model.embeddings.class_embedding must have shape [768], got none.',
    )
  })

  it('refuse a file of another format, or none', async () => {
    const path = join(folder, 'weights.bin')
    await writeFile(path, 'PK\u0003\u0004 a file that torch.save wrote')
    await expect(readClip({ path })).rejects.toThrow(
      `eval-fid.readClip: path must be a safetensors file with the weights of CLIP ViT-B/32, got '${path}'. ` +
        'checkpoints.openSafetensors: ',
    )
    await expect(readDinov2({ path: join(folder, 'no.safetensors') })).rejects.toThrow(
      'must name an existing file',
    )
  })

  it('name the address and the hash of the file when they are offline', async () => {
    for (const [read, { url, sha256 }] of [
      [readDinov2, dinov2SmallFile],
      [readClip, clipBase32File],
    ] as const) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      const refused = read({ cacheDir: folder, offline: true })
      await expect(refused).rejects.toThrow(`It is published at ${url}.`)
      await expect(refused).rejects.toThrow(`its SHA-256 is ${sha256}.`)
    }
  })
})

describe('VisionTransformer', () => {
  it('says which size is wrong', () => {
    const build = (config: object) => () => new VisionTransformer(new Map(), { ...dinov2Small, ...config })
    const where = 'eval-fid.VisionTransformer'
    expect(build({ size: 225 })).toThrow(
      new RangeError(`${where}: config.size must be a multiple of the patch of 14, got 225.`),
    )
    expect(build({ heads: 5 })).toThrow(
      new RangeError(`${where}: config.width must be a multiple of the 5 heads, got 384.`),
    )
    expect(build({ depth: 0 })).toThrow(
      new RangeError(`${where}: config.depth must be an integer >= 1, got 0.`),
    )
    expect(build({ family: 'vit' })).toThrow(
      new RangeError(`${where}: config.family must be one of dinov2, clip, got 'vit'.`),
    )
    expect(build({ projection: 3 })).toThrow(
      new TypeError(
        `${where}: config must be of family, network, size, patch, width, depth, heads, grid, got 'projection'.`,
      ),
    )
  })
})
