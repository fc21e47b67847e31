import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSafetensors } from '@rectified-flow/checkpoints'
import { readFidInception } from '@rectified-flow/eval-fid/node'
import { expect, it } from 'vitest'

it('says which weight is missing or has another shape', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'inception-')), 'weights.safetensors')
  await writeFile(path, writeSafetensors({}))
  await expect(readFidInception({ path })).rejects.toThrow(
    new RangeError('eval-fid.FidInception: Conv2d_1a_3x3.conv.weight must have shape [32,3,3,3], got none.'),
  )
})

it('names the address and the path of the file when it is offline', async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'inception-'))
  await expect(readFidInception({ cacheDir, offline: true })).rejects.toThrow(
    /pt_inception-2015-12-05-6726825d\.pth' must be in the cache.*github\.com\/mseitzer.*6726825d/,
  )
})
