import { useBackend } from '@rectified-flow/backends'
import { drawFaces } from '@rectified-flow/datasets/node'
import { readFaceFeatures } from '@rectified-flow/eval-fid/node'
import { loadFlow } from '@rectified-flow/flow/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { CHANGES, countChanged } from '../translate-faces.js'

// The cpu backend takes a minute for what wasm does in seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
})

it('puts glasses on real faces, or takes them off, and keeps hats and beards', async () => {
  const { net } = await loadFlow('faces')
  const faces = await drawFaces({ split: 'test', count: 64 })
  const features = await readFaceFeatures()
  await expectNoLeak(async () => {
    for (const change of CHANGES.slice(0, 2)) {
      const { as, kept } = await countChanged(net, faces, features, change)
      expect(as).toBeGreaterThan(0.75)
      expect(Math.min(kept.hat!, kept.beard!)).toBeGreaterThan(0.85)
    }
  })
})
