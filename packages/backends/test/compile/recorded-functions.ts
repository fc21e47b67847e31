import { type Compilable, compile, conv2d, dropout, groupNormSilu } from '@rectified-flow/backends'
import { createRng, drawNormal, drawUniform, indexedNormal, type Rng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

export const rng = createRng(1)
/** How often a function is called before it is replayed. */
export const RECORDED = 2

/** The bits of a function's tensors, which are freed. */
export async function bitsOf(result: tf.TensorContainer): Promise<string[]> {
  const tensors = [result].flat() as tf.Tensor[]
  const bits = await Promise.all(
    tensors.map(async x => Buffer.from((await x.data()).slice().buffer).toString('hex')),
  )
  tf.dispose(tensors)
  return bits
}

/** Run a function as it is and compiled, on equal arguments, and expect equal bits. */
export async function both<Args extends unknown[]>(
  fn: (...args: Args) => tf.Tensor | tf.Tensor[],
  argsOf: (time: number) => Args,
  times = 5,
): Promise<{ why: string | undefined; calls: number }> {
  let calls = 0
  const compiled = compile(((...args: Args) => {
    calls++
    return fn(...args)
  }) as Compilable)
  for (let time = 0; time < times; time++) {
    const [args, again] = [argsOf(time), argsOf(time)]
    const once = await bitsOf(tf.tidy(() => fn(...args)))
    expect(await bitsOf(compiled(...again)), `run ${time}`).toEqual(once)
    tf.dispose([...args, ...again].filter(arg => arg instanceof tf.Tensor))
  }
  const { why } = compiled
  compiled.dispose()
  return { why, calls }
}

/**
 * What holds on every backend that records functions and runs the recording again. `indexed` says whether it draws noise of
 * samples itself.
 */
export function testRecordedFunctions({ indexed }: { indexed: boolean }): void {
  it('throw if they depend on something that can not be seen from outside', async () => {
    let gain = 2
    const f = compile((x: tf.Tensor) => tf.mul(x, gain))
    const x = tf.scalar(3)
    const run = () => f(x).dispose()
    for (let time = 0; time < RECORDED; time++) run()
    gain = 3
    for (let time = 0; time < 7; time++) run()
    expect(run).toThrow(
      /^backends\.compile: fn must depend only on its arguments and on variables, got something else that changed after it was compiled: command 0, \w+, uses numbers of the host that are others in each run\./,
    )
    x.dispose()
    f.dispose()
  })

  it('give the same bits, on other data each time', async () => {
    const filter = tf.variable(rng.normal([3, 3, 4, 4])) as tf.Variable<tf.Rank.R4>
    const [gamma, beta] = [tf.ones([4]), tf.zeros([4])] as [tf.Tensor1D, tf.Tensor1D]
    const loss = (x: tf.Tensor4D) =>
      tf.mean(tf.square(groupNormSilu(conv2d(x, filter, beta), gamma, beta, { groups: 2 }))) as tf.Scalar
    const found = await both(
      (x: tf.Tensor4D) => {
        const { value, grads } = tf.variableGrads(() => loss(x), [filter])
        return [value, ...Object.values(grads)]
      },
      (time): [tf.Tensor4D] => [rng.fork(time).normal([2, 5, 5, 4])],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
    tf.dispose([filter, gamma, beta])
  })

  it('draw their own random numbers each time', async () => {
    const found = await both(
      (x: tf.Tensor, stream: Rng) => [
        dropout(x, 0.4, stream.fork('a')),
        dropout(x, 0.2, stream),
        drawNormal(stream, [5]),
        ...(indexed ? [indexedNormal(stream.fork('b'), [3, 0], [2])] : []),
        drawUniform(stream, [5]),
        dropout(x, 0.3, stream),
      ],
      (time): [tf.Tensor, Rng] => [tf.ones([40]), rng.fork(time)],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  it('return constants, arguments and empty tensors too', async () => {
    const found = await both(
      (x: tf.Tensor) => [tf.tensor1d([1, 2]), tf.clone(x), tf.zeros([0, 3]), tf.tensor1d([3], 'int32')],
      (time): [tf.Tensor] => [tf.fill([3], time)],
    )
    expect(found).toEqual({ why: undefined, calls: RECORDED })
  })

  it('see which arguments are the same tensor', async () => {
    const f = compile((a: tf.Tensor, b: tf.Tensor) => tf.sub(tf.mul(a, 2), b))
    const [one, two] = [tf.scalar(1), tf.scalar(2)]
    for (let time = 0; time < 3; time++)
      expect(await (f(one, one) as tf.Tensor).data()).toEqual(Float32Array.of(1))
    expect(await (f(two, one) as tf.Tensor).data()).toEqual(Float32Array.of(3))
    tf.dispose([one, two])
    f.dispose()
  })

  it('are recorded again when a variable was assigned, or a tensor that they use was freed', async () => {
    const weight = tf.variable(tf.scalar(1))
    let offset = tf.scalar(10)
    let calls = 0
    const f = compile((x: tf.Tensor) => {
      calls++
      return tf.add(tf.mul(x, weight), offset)
    })
    const x = tf.scalar(3)
    const value = async () => {
      const y = f(x) as tf.Tensor
      const [number] = await y.data()
      y.dispose()
      return number
    }
    for (let time = 0; time < 4; time++) expect(await value()).toBe(13)
    expect(calls).toBe(RECORDED)
    tf.tidy(() => weight.assign(tf.scalar(2)))
    for (let time = 0; time < 4; time++) expect(await value()).toBe(16)
    offset.dispose()
    offset = tf.scalar(20)
    for (let time = 0; time < 4; time++) expect(await value()).toBe(26)
    tf.dispose([x, weight, offset])
    f.dispose()
  })

  it('tell variables from what shares their numbers', async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]))
    const [average, start] = [tf.variable(tf.clone(weight)), tf.clone(weight)]
    const read = [weight, average, start]
    const functions = read.map(one => compile((x: tf.Tensor) => tf.mul(x, one)))
    const x = tf.ones([2])
    const agree = async () => {
      for (let time = 0; time < 4; time++)
        for (const [i, f] of functions.entries())
          expect(await bitsOf(f(x))).toEqual(await bitsOf(tf.mul(x, read[i]!)))
    }
    await agree()
    tf.tidy(() => average.assign(tf.mul(start, 3)))
    await agree()
    weight.assign(average)
    await agree()
    tf.tidy(() => weight.assign(tf.mul(start, 5)))
    await agree()
    tf.dispose([x, ...read])
    for (const { dispose } of functions) dispose()
  })

  it('tell arguments from what the function has from elsewhere', async () => {
    const [start, other] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])]
    const clone = tf.clone(start)
    for (const [x, captured] of [
      [other, other],
      [start, clone],
      [start, start],
    ] as const) {
      const f = compile((x: tf.Tensor) => [tf.sub(tf.mul(x, 2), captured), x])
      for (const given of [x, x, x, tf.add(x, 1), tf.add(x, 2)]) {
        const [y, same] = f(given) as [tf.Tensor, tf.Tensor]
        expect(await bitsOf(y)).toEqual(await bitsOf(tf.sub(tf.mul(given, 2), captured)))
        expect(await same.data()).toEqual(await given.data())
        same.dispose()
        if (given !== x) given.dispose()
      }
      f.dispose()
    }
    tf.dispose([start, other, clone])
  })

  it('read what waits from before as it was', async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]))
    const f = compile((x: tf.Tensor) => tf.mul(x, weight))
    for (let time = 0; time < 4; time++) {
      const x = tf.tidy(() => tf.add(tf.tensor1d([1, 1]), tf.tensor1d([time, time])))
      const y = f(x) as tf.Tensor
      expect(await y.data()).toEqual(Float32Array.of(1 + time, 2 * (1 + time)))
      tf.dispose([x, y])
    }
    weight.dispose()
    f.dispose()
  })

  it('run as they are while a gradient is computed through them', async () => {
    const f = compile((x: tf.Tensor) => tf.mul(tf.square(x), 2))
    const x = tf.scalar(3)
    for (let time = 0; time < 4; time++) {
      f(x).dispose()
      expect(
        (
          await tf
            .grad(x => f(x))(x)
            .data()
        )[0],
      ).toBe(12)
    }
    x.dispose()
    f.dispose()
  })

  it('free all that they make', async () => {
    const f = compile((x: tf.Tensor) => tf.square(tf.add(x, tf.tensor1d([1, 2]))))
    await expectNoLeak(async () => {
      const x = tf.tensor1d([1, 2])
      const y = f(x)
      await y.data()
      tf.dispose([x, y])
    })
    f.dispose()
  })

  let kept: tf.Tensor[] = []
  const stream = createRng(4)
  it.each<[why: string | RegExp, (x: tf.Tensor, time: number, draws: Rng) => tf.Tensor]>([
    [
      /^command \d is \w+ in one run and \w+ in another$/,
      (x, time) => (time % 2 ? tf.neg(tf.sin(x)) : tf.add(tf.sin(x), x)),
    ],
    [/uses numbers of the host that are others in each run/, (x, time) => tf.mul(x, time)],
    [/draws from a random stream that is not an argument/, x => dropout(x, 0.5, stream)],
    ['it computes with random numbers on the host', (x, _, draws) => tf.add(x, draws.uniforms(1)[0]!)],
    [
      'it keeps a tensor that it does not return',
      x => {
        kept.push(tf.keep(tf.neg(x)))
        return tf.sin(x)
      },
    ],
  ])('are not replayed, and say why: %s', async (why, fn) => {
    let time = 0
    const compiled = compile((x: tf.Tensor, draws: Rng) => fn(x, time, draws))
    for (; time < 6; time++) {
      const x = tf.tensor1d([1, 2, 3])
      const result = compiled(x, rng.fork(time)) as tf.Tensor
      if (fn.length === 2) expect(await bitsOf(result)).toEqual(await bitsOf(fn(x, time, rng)))
      else await bitsOf(result)
      x.dispose()
    }
    expect(compiled.why).toMatch(why)
    for (const [i, tensor] of kept.entries())
      expect([i, [...(await tensor.data())]]).toEqual([i, [-1, -2, -3]])
    tf.dispose(kept)
    kept = []
  })
}
