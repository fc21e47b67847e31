import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it } from 'vitest'
import { isMarked } from '../../src/kernels/version-mark.js'
import { isInstalled } from '../../src/node/why-not.js'

const home = process.env.BACKEND ?? 'cpu'
const both = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'].every(isInstalled)

// Which package a process loads first decides, so BACKEND chooses the test.
describe.runIf(both)('tfjs-node and tfjs-node-gpu in one process', () => {
  const refusal = async (name: 'node' | 'node-gpu') => {
    const message = await useBackend(name).catch((error: Error) => error.message)
    return typeof message === 'string' ? message.split(' here: ')[1] : message
  }
  const noDevice = 'TensorFlow found no CUDA device.'
  const loaded = (pkg: string) =>
    `this process has loaded @tensorflow/${pkg}, and it can use only one of the two packages.`
  const ours = () => isMarked(tf.getKernel('Conv2DBackpropFilter', 'tensorflow'))

  afterEach(() => tf.setBackend(home.startsWith('node') ? 'tensorflow' : home))

  it.runIf(home === 'cpu')(
    'say each time that there is no CUDA device, and leave node usable',
    async ({ skip }) => {
      const first = await refusal('node-gpu')
      if (typeof first === 'object') skip('this machine has a CUDA device')
      expect([first, tf.getBackend()]).toEqual([noDevice, 'cpu'])
      expect(await refusal('node-gpu')).toBe(noDevice)
      expect(await useBackend('node')).toMatchObject({ name: 'node', compiles: 'graph', skipped: [] })
      const x = tf.tensor1d([1, 2])
      expect([await refusal('node-gpu'), tf.getBackend(), ours()]).toEqual([noDevice, 'tensorflow', true])
      expect([...x.dataSync()]).toEqual([1, 2])
      x.dispose()
    },
  )

  it.runIf(home === 'node' || home === 'node-gpu')(
    'keep the first, with its tensors and our kernels',
    async () => {
      const x = tf.tensor1d([1, 2])
      const second = home === 'node' ? 'node-gpu' : 'node'
      expect(await refusal(second)).toBe(loaded(`tfjs-${home}`))
      expect([tf.getBackend(), ours()]).toEqual(['tensorflow', true])
      expect([...x.dataSync()]).toEqual([1, 2])
      expect(await useBackend(home as 'node')).toMatchObject({ name: home })
      x.dispose()
    },
  )
})
