import { type AdamSlot, adamEma, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'

const home = (process.env.BACKEND ?? 'cpu') as 'cpu'
const options = { learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, emaDecay: 0.9 }

function makeSlot(values: Float32Array, shape: number[]): AdamSlot {
  const variable = (data: Float32Array) => {
    const initial = tf.tensor(data, shape)
    const made = tf.variable(initial)
    initial.dispose()
    return made
  }
  const zeros = () => variable(new Float32Array(values.length))
  return { weight: variable(values), m: zeros(), v: zeros(), ema: variable(values) }
}

const dispose = ({ weight, m, v, ema }: AdamSlot) => {
  for (const variable of [weight, m, v, ema]) variable.dispose()
}

/** The update in float64. */
function expected(
  weight: Float32Array,
  gradients: Float32Array[],
  weightDecay = 0,
): { weight: number[]; ema: number[] } {
  const { learningRate, beta1, beta2, epsilon, emaDecay } = options
  const out = { weight: [] as number[], ema: [] as number[] }
  weight.forEach((start, i) => {
    let [w, m, v, ema] = [start, 0, 0, start]
    gradients.forEach((gradient, index) => {
      const g = gradient[i]!
      m = beta1 * m + (1 - beta1) * g
      v = beta2 * v + (1 - beta2) * g * g
      const step = index + 1
      w *= 1 - learningRate * weightDecay
      w -= (learningRate * (m / (1 - beta1 ** step))) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon)
      ema = emaDecay * ema + (1 - emaDecay) * w
    })
    out.weight.push(w)
    out.ema.push(ema)
  })
  return out
}

describe.each([...new Set(['cpu', 'wasm', home])])('adamEma on %s', backend => {
  afterAll(() => useBackend(home))

  it.each([
    [[1], 0],
    [[4], 0.3],
    [[3, 3, 2, 5], 0],
    [[3, 400], 0.3],
    [[5], 20],
  ])('follows the formula, shape [%s], weight decay %d', async (shape, weightDecay) => {
    await useBackend(backend as 'cpu')
    const rng = createRng(3)
    const size = shape.reduce((a, b) => a * b, 1)
    const start = rng.normals(size)
    const gradients = [0, 1, 2, 3].map(() => rng.normals(size))
    const slot = makeSlot(start, shape)
    gradients.forEach((values, i) => {
      const gradient = tf.tensor(values, shape)
      adamEma([slot], [gradient], { ...options, weightDecay, step: i + 1 })
      gradient.dispose()
    })
    const wanted = expected(start, gradients, weightDecay)
    await expectClose(await slot.weight.data(), wanted.weight, f32)
    await expectClose(await slot.ema.data(), wanted.ema, f32)
    dispose(slot)
  })

  // w = torch.tensor([1.5, -0.75, 0.25, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
  // opt = torch.optim.AdamW([w], lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3)     PyTorch 2.13
  // for k in range(4): w.grad = torch.sin(torch.arange(5, dtype=torch.float64) * (k + 1) + k); opt.step()
  it("has the weights of PyTorch's AdamW", async () => {
    await useBackend(backend as 'cpu')
    const slot = makeSlot(Float32Array.of(1.5, -0.75, 0.25, -2, 3), [5])
    for (let k = 0; k < 4; k++) {
      const gradient = tf.tensor1d(Array.from({ length: 5 }, (_, i) => Math.sin(i * (k + 1) + k)))
      adamEma([slot], [gradient], { ...options, weightDecay: 0.3, step: k + 1 })
      gradient.dispose()
    }
    const wanted = [1.457849319, -0.758711926, 0.236288838, -1.994235163, 2.967130417]
    await expectClose(await slot.weight.data(), wanted, f32)
    dispose(slot)
  })

  it('leaves clones as they were, and convolutions see the new weight', async () => {
    await useBackend(backend as 'cpu')
    const slot = makeSlot(new Float32Array(4).fill(1), [1, 1, 2, 2])
    const x: tf.Tensor4D = tf.ones([1, 2, 2, 2])
    const gradient = tf.ones([1, 1, 2, 2])
    const before = tf.clone(slot.weight)
    const run = async () => {
      const y = tf.conv2d(x, slot.weight as unknown as tf.Tensor4D, 1, 'same')
      const [first] = await y.data()
      y.dispose()
      return first!
    }
    expect(await run()).toBe(2)
    adamEma([slot], [gradient], { step: 1, learningRate: 0.5 })
    expect(await run()).toBeCloseTo(1, 6)
    await expectClose(before, [1, 1, 1, 1])
    tf.dispose([x, gradient, before])
    dispose(slot)
  })

  it('takes an average that begins as a clone of the weight', async () => {
    await useBackend(backend as 'cpu')
    const start = createRng(4).normals(6)
    const gradients = [5, 6, 7].map(seed => createRng(seed).normals(6))
    const slot = makeSlot(start, [6])
    slot.ema.dispose()
    slot.ema = tf.variable(slot.weight)
    for (const [i, values] of gradients.entries()) {
      const gradient = tf.tensor1d(values)
      adamEma([slot], [gradient], { ...options, step: i + 1 })
      await expectClose(gradient, values, exact)
      gradient.dispose()
    }
    const wanted = expected(start, gradients)
    await expectClose(await slot.weight.data(), wanted.weight, f32)
    await expectClose(await slot.ema.data(), wanted.ema, f32)
    dispose(slot)
  })

  it('gives a read that began before a step the numbers before it, and the next those after it', async () => {
    await useBackend(backend as 'cpu')
    const slot = makeSlot(new Float32Array(2).fill(1), [2])
    const step = (step: number) => {
      const gradient = tf.ones([2])
      adamEma([slot], [gradient], { step, learningRate: 0.5 })
      gradient.dispose()
    }
    step(1)
    const before = slot.weight.data()
    step(2)
    expect((await before)[0]).toBeCloseTo(0.5, 6)
    expect((await slot.weight.data())[0]).toBeCloseTo(0, 6)
    dispose(slot)
  })

  it('leaks nothing', async () => {
    await useBackend(backend as 'cpu')
    const slot = makeSlot(new Float32Array(6), [6])
    await expectNoLeak(() => {
      const gradient = tf.ones([6])
      adamEma([slot], [gradient], { step: 1, learningRate: 0.1 })
      gradient.dispose()
    })
    dispose(slot)
  })
})

it('says what is wrong', () => {
  const slot = makeSlot(new Float32Array(6), [6])
  tf.tidy(() => {
    expect(() => adamEma([slot], [tf.ones([5])], { step: 1, learningRate: 1 })).toThrow(
      'backends.adamEma: gradients[0] must have shape [6], got [5].',
    )
    expect(() => adamEma([slot], [tf.ones([6])], { step: 0, learningRate: 1 })).toThrow(
      'backends.adamNumbers: step must be an integer >= 1, got 0.',
    )
  })
  dispose(slot)
})
