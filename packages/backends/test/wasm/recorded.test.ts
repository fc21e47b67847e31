import { adamEma, adamNumbers, type BackendName, compile, conv2d, useBackend } from '@rectified-flow/backends'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WasmBackend } from '../../src/wasm/backend.js'
import { Arena } from '../../src/wasm/recorded/arena.js'
import { FIRST_ID } from '../../src/wasm/recorded/recording.js'
import { bitsOf, both, RECORDED, rng, testRecordedFunctions } from '../compile/recorded-functions.js'

const original = process.env.BACKEND ?? 'cpu'
afterAll(() => useBackend(original as BackendName))

describe('functions compiled to calls', () => {
  beforeAll(() => useBackend('wasm'))

  testRecordedFunctions({ indexed: false })

  it('call the kernels of tfjs that copy with JavaScript', async () => {
    const found = await both(
      (x: tf.Tensor2D, indices: tf.Tensor1D) => [
        tf.slice(x, [1, 1], [2, 3]),
        tf.gather(x, indices),
        tf.cast(tf.greater(x, 0), 'float32'),
        ...tf.unstack(x),
        tf.concat([indices, indices]),
        tf.mul(tf.zerosLike(x), tf.onesLike(x)),
        tf.stridedSlice(x, [0, 0], [4, 5], [2, 2]),
        tf.where(tf.greater(x, 0), x, tf.fill(x.shape, 3)),
        tf.add(tf.range(0, 5), x),
        tf.pad(tf.tile(x, [2, 1]), [
          [1, 0],
          [0, 2],
        ]),
        tf.reverse(tf.transpose(x), 0),
      ],
      (time): [tf.Tensor2D, tf.Tensor1D] => [
        rng.fork(time).normal([4, 5]),
        tf.tensor1d([time % 4, 2, 0], 'int32'),
      ],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  it('add up lists of tensors', async () => {
    const found = await both(
      (x: tf.Tensor2D, y: tf.Tensor2D) => [
        tf.addN([x, y, tf.mul(x, y), x]),
        tf.addN([tf.cast(tf.greater(x, 0), 'int32'), tf.onesLike(tf.cast(x, 'int32'))]),
        tf.addN([y]),
      ],
      (time): [tf.Tensor2D, tf.Tensor2D] => [
        rng.fork(time).normal([4, 5]),
        rng.fork(time + 100).normal([4, 5]),
      ],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  it('give these kernels tensors in the shape of the call, not in that in which they were made', async () => {
    const found = await both(
      (x: tf.Tensor4D) => {
        const flat: tf.Tensor3D = tf.reshape(tf.mul(x, 2), [2, 9, 4])
        return [
          tf.slice(flat, [0, 2, 1], [2, 3, 2]),
          tf.slice(tf.reshape(x, [18, 4]), [3, 0], [5, 4]),
          ...tf.split(flat, 3, 1),
          ...tf.unstack(flat, 2),
          tf.gather(flat, tf.tensor1d([8, 0], 'int32'), 1),
          tf.stridedSlice(flat, [0, 0, 0], [2, 9, 4], [1, 4, 2]),
          tf.concat([flat, tf.reshape(x, [2, 9, 4])], 2),
          tf.stack([flat, flat], 1),
          tf.grad(x => tf.sum(tf.square(tf.slice(tf.reshape(x, [2, 9, 4]), [0, 1, 1], [2, 8, 2]))))(x),
        ]
      },
      (time): [tf.Tensor4D] => [rng.fork(time).normal([2, 3, 3, 4])],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  it('tell the numbers of tensors from other numbers', async () => {
    const { dataIdNextNumber } = tf.backend() as unknown as WasmBackend
    expect(dataIdNextNumber).toBeGreaterThanOrEqual(FIRST_ID)
  })

  it('find no sums of the run before in the memory that they use again', async () => {
    const found = await both(
      (x: tf.Tensor4D, filter: tf.Tensor4D) => {
        const y = (x: tf.Tensor, filter: tf.Tensor) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D)
        return tf.grads((x, filter) => tf.sum(tf.square(y(x!, filter!))))([x, filter])
      },
      (time): [tf.Tensor4D, tf.Tensor4D] => [
        rng.fork(time).normal([2, 8, 8, 16]),
        rng.fork(`filter ${time}`).normal([3, 3, 16, 16]),
      ],
      7,
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  it('use no packed copy that XNNPACK made of other numbers', async () => {
    const found = await both(
      (x: tf.Tensor4D, filter: tf.Tensor4D) => {
        const dilated = (filter: tf.Tensor4D) => tf.conv2d(x, filter, 1, 'same', 'NHWC', 2)
        return [dilated(filter), dilated(tf.mul(filter, 2)), tf.depthwiseConv2d(x, filter, 1, 'same')]
      },
      (time): [tf.Tensor4D, tf.Tensor4D] => [
        rng.fork('x').normal([1, 6, 6, 4]),
        rng.fork(time).normal([3, 3, 4, 4]),
      ],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  /** Four variables as one slot of Adam, and their tensors. */
  function slotOf(shape: number[]) {
    const make = (value: number) => tf.tidy(() => tf.variable(tf.fill(shape, value)))
    return { weight: make(1), m: make(0), v: make(0), ema: make(1) }
  }

  it('write over variables that they assign, unless something else holds their numbers', async () => {
    const slots = [slotOf([40]), slotOf([40])]
    const steps = slots.map(slot => {
      const step = (gradient: tf.Tensor, numbers: tf.Tensor1D) => {
        adamEma([slot], [tf.mul(gradient, slot.weight)], numbers)
        return tf.mul(slot.ema, 2)
      }
      return { plain: step, compiled: compile(step) }
    })
    const numbers = tf.tensor1d([...adamNumbers({ step: 2, learningRate: 0.1 })])
    let clone: tf.Tensor | undefined
    const held: unknown[] = []
    for (let time = 0; time < 8; time++) {
      const gradient = rng.fork(time).normal([40])
      const [once, again] = [
        tf.tidy(() => steps[0]!.plain(gradient, numbers)),
        steps[1]!.compiled(gradient, numbers) as tf.Tensor,
      ]
      expect(again.dataSync()).toEqual(once.dataSync())
      const [a, b] = slots.map(slot => Object.values(slot).map(variable => variable.dataSync()))
      expect(b).toEqual(a)
      held.push(slots[1]!.weight.dataId)
      if (time === 4) clone = tf.clone(slots[1]!.weight)
      if (time === 5) expect(clone!.dataSync()).not.toEqual(slots[1]!.weight.dataSync())
      tf.dispose([gradient, once, again])
    }
    expect(steps[1]!.compiled.why).toBeUndefined()
    expect(held[4]).toBe(held[RECORDED - 1]) // written over
    expect(held[5]).not.toBe(held[4]) // a clone held the numbers of before
    expect(held[7]).toBe(held[5])
    steps[1]!.compiled.dispose()
    tf.dispose([clone!, numbers, ...slots.flatMap(slot => Object.values(slot))])
  })

  it('use no more of the heap in later runs', async () => {
    const weight = tf.variable(rng.normal([64, 64])) as tf.Variable<tf.Rank.R2>
    const step = compile((x: tf.Tensor2D) => {
      let y: tf.Tensor2D = x
      for (let i = 0; i < 20; i++) y = tf.sigmoid(tf.matMul(y, weight)) as tf.Tensor2D
      return tf.sum(y)
    })
    const x = rng.normal([1024, 64]) as tf.Tensor2D
    const run = () => step(x) as tf.Tensor
    for (let time = 0; time < RECORDED; time++) run().dispose()
    const before = Arena.of(tf.backend() as never).bytes
    await expectNoLeak(() => run().dispose())
    // Two images of a layer at a time, and what the products need; and not twenty.
    expect(before).toBeLessThan(3 * 4 * x.size)
    step.dispose()
    expect(Arena.of(tf.backend() as never).bytes).toBe(0)
    tf.dispose([x, weight])
  })

  it('run on another number of threads', async () => {
    const [x, filter] = [rng.normal([2, 16, 16, 16]), rng.normal([3, 3, 16, 16])]
    const f = compile((x: tf.Tensor4D) => conv2d(x, filter as tf.Tensor4D))
    const bits: string[] = []
    for (const threads of [2, 1, 3]) {
      await useBackend('wasm', { threads })
      for (let time = 0; time < 3; time++) bits.push(...(await bitsOf(f(x))))
    }
    expect(new Set(bits).size).toBe(1)
    expect(f.why).toBeUndefined()
    f.dispose()
    tf.dispose([x, filter])
  })

  tf.registerKernel({
    kernelName: 'Unknown',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) =>
      (backend as unknown as WasmBackend).makeOutput(inputs.x!.shape, 'float32'),
  })
  it.each<[why: string, (x: tf.Tensor) => tf.Tensor]>([
    ["it reads a tensor's numbers", x => tf.add(x, x.dataSync()[0]!)],
    ['Unique computes on the host', x => tf.unique(x).values],
    ['Unknown is not known', x => tf.engine().runKernel('Unknown', { x })],
  ])('are not replayed, and say why: %s', async (why, fn) => {
    const f = compile(fn)
    const x = tf.tensor1d([1, 2, 2])
    for (let time = 0; time < 6; time++) f(x).dispose()
    expect(f.why).toBe(why)
    x.dispose()
  })
})
