import { adamEma, attention, conv2d, groupNormSilu, resample } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Binding, evaluate, type TensorflowBackend } from '../../src/tensorflow/eager.js'
import { type Deferred, deferredOf } from '../../src/tensorflow/graph/deferred.js'
import { operations } from '../../src/tensorflow/graph/operations.js'

const rng = createRng(1)

describe.runIf(process.env.BACKEND === 'node')('calls that are put off', () => {
  let deferred: Deferred
  let binding: Binding & { getNumOfTensors(): number }
  let runs = 0
  beforeAll(() => {
    deferred = deferredOf(tf.backend() as unknown as TensorflowBackend) as Deferred
    binding = (tf.backend() as unknown as { binding: typeof binding }).binding
  })
  beforeEach(() => {
    deferred.graphs.patience = 0
    runs = deferred.graphs.runs
  })
  const graphRuns = () => deferred.graphs.runs - runs

  type Body = (time: number) => tf.Tensor | tf.Tensor[]
  const bitsOf = (body: Body, time = 0): string => {
    const outputs = [tf.tidy(() => body(time))].flat()
    const bits = outputs.map(x => Buffer.from(x.dataSync().buffer).toString('base64')).join()
    tf.dispose(outputs)
    return bits
  }
  /** The results of a body as they are without graphs, and then of each of so many times with them. */
  function both(body: Body, times = 4): { once: string[]; graphs: string[] } {
    const all = Array.from({ length: times }, (_, i) => i)
    deferred.graphs.dispose()
    deferred.graphs.patience = Number.POSITIVE_INFINITY
    const once = all.map(time => bitsOf(body, time))
    deferred.graphs.dispose()
    deferred.graphs.patience = 0
    return { once, graphs: all.map(time => bitsOf(body, time)) }
  }
  /** Enough calls for a graph. */
  const long = (x: tf.Tensor, n = 20): tf.Tensor => {
    let y = x
    for (let i = 0; i < n; i++) y = tf.sin(y)
    return y
  }

  it('give the same bits as a graph, for the operations of a network and their gradients', () => {
    const [x, filter, bias] = [rng.normal([2, 8, 8, 16]), rng.normal([3, 3, 16, 16]), rng.normal([16])]
    const loss = (x: tf.Tensor4D, filter: tf.Tensor4D) => {
      const y = groupNormSilu(
        conv2d(x, filter, bias as tf.Tensor1D),
        bias as tf.Tensor1D,
        bias as tf.Tensor1D,
        {
          groups: 4,
        },
      )
      const half = resample(y, 'down')
      const tokens = tf.reshape(half, [2, 16, 16]) as tf.Tensor3D
      const seen = attention(tokens, tokens, tf.mul(tokens, 0.5), { heads: 2 })
      return tf.mean(tf.square(tf.concat([seen, tf.tanh(tokens)], 2))) as tf.Scalar
    }
    const { once, graphs } = both(() => {
      const { value, grads } = tf.valueAndGrads(loss as (...args: tf.Tensor[]) => tf.Tensor)([x, filter])
      return [value, ...grads]
    })
    expect(graphs).toEqual(once)
    expect(graphRuns()).toBe(2)
    tf.dispose([x, filter, bias])
  })

  it('give the same bits for every operation that may be in a graph', () => {
    const x = tf.add(tf.abs(rng.normal([2, 4, 4, 8])), 0.1) as tf.Tensor4D
    const y = tf.add(tf.abs(rng.normal([2, 4, 4, 8])), 0.1) as tf.Tensor4D
    const matrix = rng.normal([8, 8]) as tf.Tensor2D
    const filter = rng.normal([3, 3, 8, 2]) as tf.Tensor4D
    const indices = tf.tensor1d([3, 0, 1], 'int32')
    const axes: [number, number][] = [
      [0, 0],
      [1, 1],
      [2, 1],
      [0, 0],
    ]
    const unary = [tf.abs, tf.ceil, tf.cos, tf.erf, tf.exp, tf.expm1, tf.floor, tf.log, tf.log1p, tf.neg]
    unary.push(tf.reciprocal, tf.round, tf.rsqrt, tf.sigmoid, tf.sign, tf.sin, tf.sqrt, tf.square, tf.tanh)
    unary.push(tf.zerosLike, tf.isFinite, tf.isNaN, tf.elu, tf.leakyRelu, tf.relu, tf.relu6, tf.softplus)
    unary.push(tf.softmax, tf.logSoftmax, tf.onesLike)
    const binary = [tf.add, tf.div, tf.divNoNan, tf.floorDiv, tf.mod, tf.maximum, tf.minimum, tf.mul, tf.pow]
    binary.push(tf.squaredDifference, tf.sub, tf.equal, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual)
    binary.push(tf.notEqual, tf.atan2)
    const reductions = [tf.max, tf.mean, tf.min, tf.prod, tf.sum]
    const cases: Record<string, () => tf.Tensor[]> = {
      unary: () => unary.map(f => f(x)),
      binary: () => binary.map(f => f(x, y)),
      scalars: () => binary.map(f => f(x, 0.7)),
      reductions: () => reductions.flatMap(f => [f(x), f(x, [1, 2]), f(x, -1, true)]),
      shapes: () => [
        ...[tf.reshape(x, [4, 64]), tf.transpose(x, [0, 3, 1, 2]), tf.tile(x, [1, 2, 1, 3])],
        ...[tf.expandDims(x, 2), tf.reverse(x, 1), tf.slice(x, [0, 1, 0, 2], [2, 2, 3, 4])],
        ...[tf.pad(x, axes), tf.pad(x, axes, 3), tf.mirrorPad(x, axes, 'reflect'), ...tf.split(x, [3, 5], 3)],
        ...[tf.concat([x, y], 3), tf.stack([x, y], 1), tf.fill([2, 3], 4), tf.gather(x, indices, 1)],
        ...[tf.stridedSlice(x, [0, 0, 0, 0], [2, 4, 4, 8], [1, 2, 2, 1]), tf.broadcastTo(indices, [2, 3])],
        ...[tf.where(tf.greater(x, y), x, y), tf.cast(tf.greater(x, 1), 'float32'), tf.cast(x, 'int32')],
      ],
      kernels: () => {
        const [gamma, beta] = [tf.ones([8]), tf.zeros([8])] as [tf.Tensor1D, tf.Tensor1D]
        const norm = (x: tf.Tensor) => groupNormSilu(x as tf.Tensor4D, gamma, beta, { groups: 2 })
        const biased = evaluate(tf.backend() as unknown as TensorflowBackend, ops => [
          ops.run('BiasAdd', [ops.of(x), ops.of(beta)]),
        ])
        return [tf.grad(norm)(x), ...biased]
      },
      logic: () => {
        const [a, b] = [tf.greater(x, 0.5), tf.less(y, 0.5)]
        const logical = [
          tf.logicalAnd(a, b),
          tf.logicalOr(a, b),
          tf.logicalNot(a),
          tf.all(a, 1),
          tf.any(a, [2]),
        ]
        return [...logical, tf.argMax(x, 3), tf.argMin(x, 1), tf.oneHot(indices, 5), tf.addN([x, y, x])]
      },
      products: () => [
        ...[tf.matMul(tf.reshape(x, [32, 8]), matrix), tf.matMul(matrix, matrix, true, true)],
        ...[tf.matMul(tf.reshape(x, [8, 4, 8]), tf.reshape(y, [8, 4, 8]), false, true)],
      ],
      images: () => [
        ...[tf.avgPool(x, 2, 2, 'valid'), tf.maxPool(x, 3, 2, 'valid'), tf.conv2d(x, filter, 1, 'same')],
        ...[tf.image.resizeBilinear(x, [7, 5]), ...tf.unstack(x, 1)],
        ...tf.grads((x: tf.Tensor, f: tf.Tensor) =>
          tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'),
        )([x, filter]),
        ...[tf.depthwiseConv2d(x, filter, 1, 'same'), conv2d(x, filter, tf.ones([2]), { strides: 2 })],
        ...[tf.grad(x => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(x)],
        ...[tf.grad(x => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'))(x)],
        ...tf.grads((x: tf.Tensor, f: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'))(
          [...[x, filter]],
        ),
        ...[tf.relu, tf.relu6, tf.leakyRelu, tf.elu, tf.tanh, tf.sigmoid].map(f => tf.grad(f)(y)),
      ],
    }
    const called = new Set<string>()
    const { executeOp } = binding
    binding.executeOp = (name, ...rest) => {
      called.add(name)
      return executeOp(name, ...rest)
    }
    for (const [name, body] of Object.entries(cases)) {
      const before = deferred.graphs.runs
      const { once, graphs } = both(() => [...body(), long(x)])
      expect(graphs, name).toEqual(once)
      expect(deferred.graphs.runs - before, name).toBe(2)
    }
    binding.executeOp = executeOp
    // Softmax is called where oneDNN has none.
    expect([...operations.keys()].filter(name => !called.has(name))).toEqual(['Softmax'])
    tf.dispose([x, y, matrix, filter, indices])
  })

  it('take numbers of the host anew each time, and shapes as a part of what is repeated', () => {
    const x = rng.normal([4, 6])
    const { once, graphs } = both(time => [tf.mul(long(x), time), tf.add(x, tf.mul(tf.range(0, 6), time))], 6)
    expect(graphs).toEqual(once)
    expect(graphRuns()).toBe(4)

    const shapes = [[24], [2, 12], [24], [24], [4, 6]]
    const reshaped = both(time => long(tf.reshape(x, shapes[time] as number[])), shapes.length)
    expect(reshaped.graphs).toEqual(reshaped.once)
    x.dispose()
  })

  it('go back to calls where something else comes, and read in between', () => {
    const x = rng.normal([8])
    const body = (time: number) => {
      const y = long(x)
      if (time === 4) return tf.cos(y)
      if (time === 5) return tf.mul(y, y.dataSync()[0] as number)
      if (time === 6) return tf.cumsum(y) // no operation of a graph
      return time === 7 ? [y, tf.neg(y)] : long(tf.neg(y))
    }
    const { once, graphs } = both(body, 10)
    expect(graphs).toEqual(once)
    expect(graphRuns()).toBe(4)
    x.dispose()
  })

  it('are cut where they grow too long', () => {
    const x = rng.normal([8])
    const { once, graphs } = both(() => long(x, 9000), 3)
    expect(graphs).toEqual(once)
    expect(graphRuns()).toBeGreaterThan(0)
    x.dispose()
  })

  it('keep the graphs used last', () => {
    const x = rng.normal([8])
    const all = Array.from({ length: 80 }, (_, i) => 20 + i)
    deferred.graphs.dispose()
    deferred.graphs.patience = Number.POSITIVE_INFINITY
    const once = all.map(n => bitsOf(() => long(x, n)))
    deferred.graphs.patience = 0
    for (const _ of [1, 2, 3, 4]) expect(all.map(n => bitsOf(() => long(x, n)))).toEqual(once)
    for (const _ of [1, 2, 3]) expect(bitsOf(() => long(x, 99))).toBe(once.at(-1))
    expect(graphRuns()).toBeGreaterThan(0)
    x.dispose()
  })

  it('train a weight to the same bits, and free what nobody needs', async () => {
    const train = async (patience: number) => {
      deferred.graphs.patience = patience
      const draws = createRng(2)
      const weight = tf.variable(draws.normal([3, 3, 4, 4]))
      const zeros = () => tf.variable(tf.zeros(weight.shape))
      const slot = { weight, m: zeros(), v: zeros(), ema: zeros() }
      const tensors: number[] = []
      const losses: number[] = []
      for (let step = 1; step <= 12; step++) {
        const x = draws.normal([2, 8, 8, 4]) as tf.Tensor4D
        const result = tf.tidy(() =>
          tf.valueAndGrad((w: tf.Tensor) => tf.mean(tf.square(tf.sub(conv2d(x, w as tf.Tensor4D), x))))(
            weight,
          ),
        )
        losses.push((await result.value.data())[0] as number)
        adamEma(slot, result.grad, { step, learningRate: 0.1 / step })
        tf.dispose([x, result.value, result.grad])
        tensors.push(binding.getNumOfTensors())
      }
      const bits = [slot.weight, slot.m, slot.v, slot.ema].map(({ dataSync }, i) =>
        Array.from(dataSync.call(Object.values(slot)[i] as tf.Variable) as Float32Array),
      )
      tf.dispose(Object.values(slot))
      return { losses, bits, tensors }
    }
    const once = await train(Number.POSITIVE_INFINITY)
    const graphs = await train(0)
    expect(graphRuns()).toBeGreaterThan(8)
    expect(graphs.losses).toEqual(once.losses)
    expect(graphs.bits).toEqual(once.bits)
    expect(graphs.tensors.at(-1)).toBe(graphs.tensors.at(-4))
  })

  it('run one by one where a graph fails', () => {
    const x = rng.normal([8])
    const { once } = both(() => long(x))
    const graphs = deferred.graphs as unknown as { binding: Binding }
    const { binding } = graphs
    const runSavedModel = () => {
      throw new Error('out of memory')
    }
    graphs.binding = Object.create(binding, { runSavedModel: { value: runSavedModel } })
    const before = deferred.graphs.runs
    expect(bitsOf(() => long(x))).toBe(once[0])
    expect(deferred.graphs.runs).toBe(before)
    graphs.binding = binding
    x.dispose()
  })

  it('go on after one that TensorFlow refuses', () => {
    const x = rng.normal([8])
    const [wrong, right] = [rng.normal([3, 2]), rng.normal([2, 2])] as [tf.Tensor2D, tf.Tensor2D]
    const backend = tf.backend() as unknown as TensorflowBackend
    const body = () => {
      const y = long(x)
      expect(() =>
        evaluate(backend, ops => [ops.run('BatchMatMulV2', [ops.of(wrong), ops.of(wrong)])]),
      ).toThrow('incompatible')
      return [tf.neg(y), tf.matMul(right, right), tf.add(wrong, 1)]
    }
    const { once, graphs } = both(() => [...body(), long(x)])
    expect(graphs).toEqual(once)
    tf.dispose([x, wrong, right])
  })

  it('leave no more than a thousand numbers behind', () => {
    const before = binding.getNumOfTensors()
    const x = rng.normal([8])
    for (let i = 0; i < 3000; i++) {
      const [y] = evaluate(tf.backend() as unknown as TensorflowBackend, ops => [
        ops.mul(ops.of(x), ops.number(i)),
      ])
      if (i === 2999) expect(y?.dataSync()[0]).toBe(Math.fround((x.dataSync()[0] as number) * i))
      y?.dispose()
    }
    expect(binding.getNumOfTensors() - before).toBeLessThan(1100)
    x.dispose()
  })

  it('are done when tf.time says so', async () => {
    const x = rng.normal([256, 256]) as tf.Tensor2D
    const body = () => {
      let y = x
      for (let i = 0; i < 20; i++) y = tf.matMul(y, x)
      return y
    }
    const before = deferred.graphs.runs
    for (let i = 0; i < 4; i++) {
      const kept: tf.Tensor[] = []
      const { kernelMs } = (await tf.time(() => void kept.push(body()))) as { kernelMs: number }
      expect(kernelMs).toBeGreaterThan(1)
      tf.dispose(kept)
    }
    expect(deferred.graphs.runs - before).toBe(2)
    x.dispose()
  })
})
