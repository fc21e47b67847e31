import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32, sum, type Tolerance } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'

const home = (process.env.BACKEND ?? 'cpu') as 'cpu'
const backends = [...new Set(['cpu', 'wasm', home])] as 'cpu'[]

interface OpCase {
  /** Shape of each input, filled with normal numbers. */
  shapes: number[][]
  op: (...inputs: tf.Tensor[]) => tf.Tensor
  /** Which inputs have the batch as their first axis; none where the operation knows no batch. */
  batched: number[]
  tolerance?: Tolerance
}

/**
 * What every operation promises on every backend: value and gradients equal those of the composed form on the cpu
 * backend, gradients are the slope of the value, nothing leaks, the same inputs give the same bits, and a sample does
 * not depend on the others of its batch.
 */
export function testOp(name: string, { shapes, op, batched, tolerance = sum }: OpCase): void {
  const rng = createRng(7)
  const sizes = shapes.map(shape => shape.reduce((a, b) => a * b, 1))
  const numbers = sizes.map(size => rng.normals(size))
  const tensors = () => numbers.map((data, i) => tf.tensor(data.slice(), shapes[i]!))
  const weightsOf = (size: number) => createRng(8).normals(size)

  const forward = () => {
    const inputs = tensors()
    const y = op(...inputs)
    tf.dispose(inputs)
    return y
  }
  const gradients = () => {
    const inputs = tensors()
    const y = op(...inputs)
    const dy = tf.tensor(weightsOf(y.size), y.shape)
    const grads = tf.grads(op)(inputs, dy)
    tf.dispose([inputs, y, dy])
    return grads
  }
  const read = async (outputs: tf.Tensor[]) => {
    const values = await Promise.all(
      outputs.map(async output => (await output.data()).slice() as Float32Array),
    )
    tf.dispose(outputs)
    return values
  }

  describe(name, () => {
    afterAll(() => useBackend(home))

    for (const backend of backends.filter(backend => backend !== 'cpu'))
      it(`${backend} equals cpu`, async () => {
        await useBackend('cpu')
        const expected = await read([forward(), ...gradients()])
        await useBackend(backend)
        const actual = await read([forward(), ...gradients()])
        for (const [i, values] of actual.entries()) {
          await expectClose(values, expected[i]!, tolerance)
        }
      })

    for (const backend of backends) {
      it(`${backend}: gradients are slopes`, async () => {
        await useBackend(backend)
        const grads = await read(gradients())
        const valueAt = async (index: number, direction: Float32Array, h: number) => {
          const inputs = numbers.map((data, i) =>
            tf.tensor(i === index ? data.map((x, j) => x + h * direction[j]!) : data, shapes[i]!),
          )
          const y = op(...inputs)
          const [data] = (await read([y])) as [Float32Array]
          tf.dispose(inputs)
          return weightsOf(data.length).reduce((total, weight, j) => total + weight * data[j]!, 0)
        }
        for (const [index, grad] of grads.entries()) {
          const direction = createRng(9).normals(grad.length)
          const [up, down] = [await valueAt(index, direction, 0.005), await valueAt(index, direction, -0.005)]
          const slope = (up - down) / 0.01
          const expected = grad.reduce((total, g, j) => total + g * direction[j]!, 0)
          const size = Math.hypot(...grad)
          expect(Math.abs(slope - expected), `input ${index}`).toBeLessThan(2e-3 * size + 1e-3)
        }
      })

      it(`${backend}: leaks nothing and repeats bit by bit`, async () => {
        await useBackend(backend)
        const runs: Float32Array[][] = []
        await expectNoLeak(async () => {
          runs.push(await read([forward(), ...gradients()]))
        })
        for (const [i, values] of runs[0]!.entries()) {
          await expectClose(runs[1]![i]!, values, exact)
        }
      })

      if (batched.length === 0) continue
      it(`${backend}: a sample alone equals itself in a batch`, async () => {
        await useBackend(backend)
        const [all] = await read([forward()])
        const batch = shapes[batched[0]!]![0]!
        const last = numbers.map((data, i) => {
          if (!batched.includes(i)) return tf.tensor(data, shapes[i]!)
          const size = data.length / batch
          return tf.tensor(data.slice((batch - 1) * size), [1, ...shapes[i]!.slice(1)])
        })
        const [alone] = await read([op(...last)])
        tf.dispose(last)
        // Native libraries choose their algorithm by the size of the whole.
        const tolerance = ['cpu', 'wasm'].includes(backend) ? exact : f32
        await expectClose(alone!, all!.slice(all!.length - alone!.length), tolerance)
      })
    }
  })
}
