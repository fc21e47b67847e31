import { adamEma, type BackendName, compile, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { both, testRecordedFunctions } from '../compile/recorded-functions.js'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('functions compiled to commands', () => {
  beforeAll(() => useBackend('webgpu-software'))

  testRecordedFunctions({ indexed: true })

  it('are not replayed if they assign a variable what waits to be computed', async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]))
    const f = compile((x: tf.Tensor) => {
      weight.assign(tf.add(weight, x))
      return tf.mul(x, 2)
    })
    const x = tf.tensor1d([10, 20])
    for (let time = 0; time < 6; time++) f(x).dispose()
    expect(await weight.data()).toEqual(Float32Array.of(61, 122))
    tf.dispose([x, weight])
    f.dispose()
  })

  it('change numbers of the host in place, in each run anew', async () => {
    const found = await both(
      (gradient: tf.Tensor) => {
        const variable = (value: number) => {
          const initial = tf.tensor1d([value, value])
          const made = tf.variable(initial)
          initial.dispose() // nothing else holds its memory now
          return made
        }
        const slot = { weight: variable(1), m: variable(2), v: variable(3), ema: variable(4) }
        adamEma([slot], [gradient], { step: 3, learningRate: 0.1 })
        const results = Object.values(slot).map(changed => tf.mul(changed, 1))
        tf.dispose(slot)
        return results
      },
      (time): [tf.Tensor] => [tf.fill([2], time)],
    )
    expect(found.why).toBe('it changes numbers of the host in place')
  })
})
