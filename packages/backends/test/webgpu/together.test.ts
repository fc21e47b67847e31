import {
  type AdamSlot,
  adamEma,
  adamNumbers,
  type BackendName,
  compile,
  squareSums,
  useBackend,
} from '@rectified-flow/backends'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { WebgpuBackend } from '../../src/webgpu/backend.js'
import { placeOf } from '../../src/webgpu/region.js'
import { makeTogether } from '../../src/webgpu/together.js'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)
afterAll(() => useBackend(original as BackendName))

const SHAPES = [[3, 5], [7], [2, 2, 3]]
const STARTS = [1, 2, 3]
const options = { learningRate: 0.125, beta1: 0.5, beta2: 0.75, epsilon: 1e-3, emaDecay: 0.5 }

const backend = () => tf.backend() as unknown as WebgpuBackend
const bufferOf = ({ dataId }: tf.Tensor) => placeOf(backend().tensorMap.get(dataId).resource!).buffer
const buffersIn = (slots: readonly AdamSlot[]) =>
  new Set(slots.flatMap(({ weight, m, v, ema }) => [weight, m, v, ema].map(bufferOf)))

function variable(shape: number[], value: number): tf.Variable {
  const start = tf.fill(shape, value)
  const made = tf.variable(start)
  start.dispose()
  return made
}

const makeSlots = (): AdamSlot[] =>
  SHAPES.map((shape, i) => ({
    weight: variable(shape, STARTS[i]!),
    m: variable(shape, 0),
    v: variable(shape, 0),
    ema: variable(shape, STARTS[i]!),
  }))

const dispose = (slots: readonly AdamSlot[]) => {
  for (const { weight, m, v, ema } of slots) tf.dispose([weight, m, v, ema])
}

/** The weight and its average after steps with these gradients. */
function expected(start: number, gradients: readonly number[]): { weight: number; ema: number } {
  const { learningRate, beta1, beta2, epsilon, emaDecay } = options
  let [weight, m, v, ema] = [start, 0, 0, start]
  for (const [i, gradient] of gradients.entries()) {
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient * gradient
    weight -=
      (learningRate * (m / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + epsilon)
    ema = emaDecay * ema + (1 - emaDecay) * weight
  }
  return { weight, ema }
}

async function expectState(slots: readonly AdamSlot[], gradientsOf: (i: number) => number[]): Promise<void> {
  for (const [i, { weight, ema }] of slots.entries()) {
    const wanted = expected(STARTS[i]!, gradientsOf(i))
    await expectClose(weight, tf.fill(SHAPES[i]!, wanted.weight))
    await expectClose(ema, tf.fill(SHAPES[i]!, wanted.ema))
  }
}

const step = (slots: readonly AdamSlot[], number: number, gradientOf: (i: number) => number) =>
  tf.tidy(() =>
    adamEma(
      slots,
      SHAPES.map((shape, i) => tf.fill(shape, gradientOf(i))),
      { ...options, step: number },
    ),
  )

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('several tensors in one buffer', () => {
  beforeEach(() => useBackend('webgpu-software'))

  it('hold the state of Adam, which every operation reads as before', async () => {
    const slots = makeSlots()
    for (const number of [1, 2]) step(slots, number, i => (i + 1) * number)
    expect(buffersIn(slots).size).toBe(1)
    await expectState(slots, i => [i + 1, 2 * (i + 1)])
    const { weight, ema } = slots[2]!
    const [sum, copied] = tf.tidy(() => [tf.add(weight, ema), tf.clone(weight)])
    const wanted = expected(3, [3, 6])
    await expectClose(sum!, tf.fill([2, 2, 3], wanted.weight + wanted.ema))
    const { tensorRef, buffer } = weight.dataToGPU()
    expect(buffer!.size).toBe(4 * weight.size)
    await expectClose(tensorRef, copied!)
    dispose(slots)
  })

  it('are freed with the last of them', async () => {
    const use = () => {
      const slots = makeSlots()
      step(slots, 1, () => 1)
      dispose(slots)
    }
    await expectNoLeak(use)
    const bytes = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU
    const before = bytes()
    for (let i = 0; i < 3; i++) use()
    expect(bytes()).toBe(before)
  })

  it('take in a weight that was assigned from outside', async () => {
    const slots = makeSlots()
    step(slots, 1, () => 1)
    slots[1]!.weight.assign(tf.fill([7], 5))
    expect(buffersIn(slots).size).toBe(2)
    step(slots, 2, () => 1)
    expect(buffersIn(slots).size).toBe(2) // its slot moved together, the others stayed
    const gone = 2 - expected(2, [1]).weight
    const moved = expected(2, [1]).weight - expected(2, [1, 1]).weight
    expect(gone).toBeGreaterThan(0)
    await expectClose(slots[1]!.weight, tf.fill([7], 5 - moved))
    dispose(slots)
  })

  it.each(['', 'compiled, '])('%sleave a tensor as it was that something else holds', async compiled => {
    const slots = makeSlots()
    step(slots, 1, () => 1)
    const held = tf.clone(slots[1]!.ema)
    const again = () => {
      step(slots, 2, () => 2)
      return []
    }
    if (compiled) compile(again)()
    else again()
    await expectState(slots, () => [1, 2])
    await expectClose(held, tf.fill([7], expected(2, [1]).ema))
    held.dispose()
    dispose(slots)
  })

  it('are used by a replayed function, which sees new gradients', async () => {
    const slots = makeSlots()
    let calls = 0
    const apply = compile((gradients: tf.Tensor[], numbers: tf.Tensor) => {
      calls++
      adamEma(slots, gradients, numbers as tf.Tensor1D)
      return squareSums(gradients)
    })
    const TIMES = 6
    for (let number = 1; number <= TIMES; number++) {
      // Gradients have one buffer, as sums that were computed together do.
      const gradients = SHAPES.map(shape =>
        tf.engine().makeTensorFromTensorInfo(backend().makeTensorInfo(shape, 'float32')),
      )
      makeTogether(backend(), gradients)
      for (const [i, { dataId, shape }] of gradients.entries()) {
        const values = new Float32Array(tf.util.sizeFromShape(shape)).fill(number * (i + 1))
        const place = placeOf(backend().tensorMap.get(dataId).resource!)
        backend().device.queue.writeBuffer(place.buffer, place.offset, values)
      }
      const numbers = tf.tensor1d(adamNumbers({ ...options, step: number }))
      const sums = apply(gradients, numbers) as tf.Tensor1D
      await expectClose(sums, tf.tensor1d([15, 7 * 4, 12 * 9].map(square => square * number ** 2)))
      tf.dispose([gradients, numbers, sums])
    }
    expect(calls).toBeLessThan(TIMES)
    await expectState(slots, i => Array.from({ length: TIMES }, (_, j) => (j + 1) * (i + 1)))
    apply.dispose()
    dispose(slots)
  })
})
