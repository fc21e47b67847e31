import {
  adamEma,
  attention,
  type Compilable,
  type Compiled,
  compile,
  conv2d,
  dropout,
  groupNormSilu,
  resample,
  squareSums,
} from '@rectified-flow/backends'
import { createRng, drawNormal, indexedNormal } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { type Binding, evaluate, type TensorflowBackend } from '../../src/tensorflow/eager.js'
import { operations } from '../../src/tensorflow/graph/operations.js'
import { Recorder } from '../../src/tensorflow/graph/recorder.js'
import { Runner } from '../../src/tensorflow/graph/runner.js'

const rng = createRng(1)

describe.runIf(process.env.BACKEND === 'node')('functions compiled to TensorFlow graphs', () => {
  const backend = () => tf.backend() as unknown as TensorflowBackend
  const binding = () => backend().binding as Binding & { getNumOfTensors(): number }

  let opened: MockInstance
  let runs = 0
  beforeEach(() => {
    runs = 0
    const { open } = Runner.prototype
    opened = vi.spyOn(Runner.prototype, 'open').mockImplementation(function (this: Runner, trace) {
      const graph = open.call(this, trace)
      return {
        run: inputs => {
          runs++
          return graph.run(inputs)
        },
        dispose: graph.dispose,
      }
    })
  })
  afterEach(() => opened.mockRestore())

  type Body = (time: number) => tf.Tensor | tf.Tensor[]
  const bitsOf = (body: Body, time = 0): string => {
    const outputs = [tf.tidy(() => body(time))].flat()
    const bits = outputs.map(x => Buffer.from(x.dataSync().buffer).toString('base64')).join()
    tf.dispose(outputs)
    return bits
  }
  /** The results of `times` runs of a body as it is, and of `times` runs of it as a compiled function. */
  function both(
    body: Body,
    times = 4,
  ): { once: string[]; graphs: string[]; compiled: Compiled<() => tf.Tensor[]> } {
    const all = Array.from({ length: times }, (_, i) => i)
    const once = all.map(time => bitsOf(body, time))
    let now = 0
    const compiled = compile(() => [body(now)].flat())
    const graphs = all.map(time => {
      now = time
      return bitsOf(() => compiled(), time)
    })
    compiled.dispose()
    return { once, graphs, compiled }
  }
  /** Enough calls for a graph. */
  const long = (x: tf.Tensor, n = 20): tf.Tensor => {
    let y = x
    for (let i = 0; i < n; i++) y = tf.sin(y)
    return y
  }

  it('give the same bits as a graph, for the operations of a network and their gradients', () => {
    const inputs = [rng.normal([2, 8, 8, 16]), rng.normal([3, 3, 16, 16]), rng.normal([16])]
    const loss = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) => {
      const convolved = conv2d(x, filter, bias, { skip: x, scale: 0.5 })
      const y = groupNormSilu(convolved, bias, bias, { groups: 4 })
      const half = resample(y, 'down')
      const tokens = tf.reshape(half, [2, 16, 16]) as tf.Tensor3D
      const seen = attention(tf.concat([tokens, tokens, tf.mul(tokens, 0.5) as tf.Tensor3D], 2), { heads: 2 })
      return tf.mean(tf.square(tf.concat([seen, tf.tanh(tokens)], 2))) as tf.Scalar
    }
    const { once, graphs } = both(() => {
      const { value, grads } = tf.valueAndGrads(loss as (...args: tf.Tensor[]) => tf.Tensor)(inputs)
      return [value, ...grads]
    })
    expect(graphs).toEqual(once)
    expect(runs).toBe(2)
    tf.dispose(inputs)
  })

  it('give the same bits for every operation that may be in a graph', () => {
    const x = tf.add(tf.abs(rng.normal([2, 4, 4, 8])), 0.1) as tf.Tensor4D
    const y = tf.add(tf.abs(rng.normal([2, 4, 4, 8])), 0.1) as tf.Tensor4D
    const matrix = rng.normal([8, 8])
    const filter = rng.normal([3, 3, 8, 2])
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
        const biased = evaluate(backend(), ops => [
          ops.run('BiasAdd', [ops.of(x), ops.of(beta)]),
          ops.run('MulNoNan', [ops.of(x), ops.of(y)]),
          ops.run('BiasAddGrad', [ops.of(x)]),
        ])
        return [tf.grad(norm)(x), squareSums([x, filter]), ...biased]
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
    const [images, scale, offset] = [rng.normal([2, 8, 8, 16]), rng.normal([16]), rng.normal([2, 16])] as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor2D,
    ]
    const weights = rng.normal([3, 3, 16, 16]) as tf.Tensor4D
    const qkv = rng.normal([2, 5, 48]) as tf.Tensor3D
    Object.assign(cases, {
      'our kernels': () => {
        const slot = () => tf.variable(tf.clone(scale))
        const slots = [{ weight: slot(), m: slot(), v: slot(), ema: slot() }]
        adamEma(slots, [scale], { step: 1, learningRate: 0.1 })
        const after = slots.flatMap(slot => Object.values(slot).map(part => tf.clone(part)))
        tf.dispose(slots.flatMap(slot => Object.values(slot)))
        const drawn = [
          dropout(images, 0.5, createRng(3)),
          drawNormal(createRng(4), [3, 3]),
          indexedNormal(createRng(5), [1, 7], [5]),
        ]
        const norm = (offset?: tf.Tensor2D) => (x: tf.Tensor4D) =>
          groupNormSilu(x, scale, scale, { groups: 4, ...(offset && { offset }) })
        return [
          ...after,
          ...drawn,
          ...[norm(), norm(offset)].flatMap(f => [
            f(images),
            tf.grad(f as (x: tf.Tensor) => tf.Tensor)(images),
          ]),
          ...tf.grads((x: tf.Tensor, f: tf.Tensor) => conv2d(x as tf.Tensor4D, f as tf.Tensor4D, scale))([
            images,
            weights,
          ]),
          ...[attention(qkv), tf.grad(x => attention(x as tf.Tensor3D))(qkv)],
          ...[resample(images, 'up'), resample(images, 'down'), squareSums([images, weights])],
        ]
      },
    })
    const called = new Set<string>()
    const { executeOp } = binding()
    binding().executeOp = (name, ...rest) => {
      called.add(name)
      return executeOp(name, ...rest)
    }
    for (const [name, body] of Object.entries(cases)) {
      runs = 0
      const { once, graphs } = both(() => [...body(), long(x)])
      expect(graphs, name).toEqual(once)
      expect(runs, name).toBe(2)
    }
    binding().executeOp = executeOp
    // Softmax is called only if oneDNN has none, and L2Loss only without native operations.
    const isNative = called.has('RectifiedFlowNormal')
    const uncalled = [...operations.keys()].filter(name =>
      isNative ? name === 'L2Loss' : name.startsWith('RectifiedFlow'),
    )
    expect([...operations.keys()].filter(name => !called.has(name)).sort()).toEqual(
      [...uncalled, 'Softmax'].sort(),
    )
    tf.dispose([x, y, matrix, filter, indices, images, scale, offset, weights, qkv])
  })

  it('use the numbers that the host made in the present run', () => {
    const x = rng.normal([4, 6])
    const { once, graphs } = both(
      time => [tf.mul(long(x), time), tf.add(x, tf.mul(tf.tensor1d([0, 1, 2, 3, 4, time]), time))],
      6,
    )
    expect(graphs).toEqual(once)
    expect(runs).toBe(4)
    x.dispose()
  })

  it('have a graph for each set of shapes', () => {
    const f = compile((x: tf.Tensor) => long(x))
    const inputs = [rng.normal([4]), rng.normal([2, 3])]
    const once = inputs.map(x => bitsOf(() => long(x)))
    for (let i = 0; i < 4; i++) expect(inputs.map(x => bitsOf(() => f(x)))).toEqual(once)
    expect(opened).toHaveBeenCalledTimes(2)
    expect(runs).toBe(4)
    f.dispose()
    tf.dispose(inputs)
  })

  it.each<[why: string, Body]>([
    [
      'call 20 is Neg in one run and Cos in another',
      time => (time % 2 ? tf.neg : tf.cos)(long(tf.ones([8]))),
    ],
    [
      'call 20, Reshape, has different shapes, attributes or inputs in different runs',
      time => tf.reshape(long(tf.ones([8])), time % 2 ? [2, 4] : [4, 2]),
    ],
    ['it reads the numbers of a tensor', () => tf.mul(long(tf.ones([8])), long(tf.ones([2])).dataSync()[0]!)],
    ["Cumsum can't be a part of a graph", () => tf.cumsum(long(tf.ones([8])))],
    [
      'call 20 is Cos in one run and nothing in another',
      time => (time % 2 ? tf.cos(long(tf.ones([8]))) : long(tf.ones([8]))),
    ],
  ])('are not compiled, and say why: %s', (why, body) => {
    const { once, graphs, compiled } = both(body, 6)
    expect(graphs).toEqual(once)
    expect(runs).toBe(0)
    expect([why, why.replace(/(\w+) in one run and (\w+)/, '$2 in one run and $1')]).toContain(compiled.why)
  })

  it('are not compiled if they make few calls', () => {
    const { once, graphs, compiled } = both(() => tf.neg(tf.ones([3])), 3)
    expect(graphs).toEqual(once)
    expect(compiled.why).toMatch(/^it makes \d calls: a graph needs at least 16$/)
  })

  it('run call by call in a run that differs, and as graphs again after it', () => {
    const x = rng.normal([8])
    const body = (time: number) => {
      const y = long(x)
      if (time === 4) return tf.cos(y)
      if (time === 5) return tf.mul(y, y.dataSync()[0]!)
      return time === 7 ? [y, tf.neg(y)] : long(tf.neg(y))
    }
    const { once, graphs, compiled } = both(body, 10)
    expect(graphs).toEqual(once)
    expect(runs).toBe(5)
    expect(compiled.why).toBeUndefined()
    x.dispose()
  })

  it('make the calls of a kernel once, and again only in a run whose inputs or attributes differ', () => {
    const [x, y] = [rng.normal([2, 4, 4, 16]), rng.normal([2, 4, 4, 16])] as [tf.Tensor4D, tf.Tensor4D]
    const [gamma, beta] = [rng.normal([16]), rng.normal([16])] as [tf.Tensor1D, tf.Tensor1D]
    const norm = (x: tf.Tensor4D, beta: tf.Tensor1D, groups = 4) => groupNormSilu(x, gamma, beta, { groups })
    const calls: number[] = []
    const body = (time: number) => {
      calls.push(called.mock.calls.length)
      const twice = norm(norm(x, beta), time === 4 ? gamma : beta, time === 6 ? 2 : 4)
      const other = norm(time === 8 ? x : y, beta)
      return time === 10 ? [tf.neg(twice), other] : [tf.cos(twice), other, long(other)]
    }
    const called = vi.spyOn(Recorder.prototype, 'call')
    const { once, graphs, compiled } = both(body, 12)
    called.mockRestore()
    expect(graphs).toEqual(once)
    expect(runs).toBe(6)
    expect(compiled.why).toBeUndefined()
    const made = calls.slice(12).map((from, i, all) => (all[i + 1] ?? called.mock.calls.length) - from)
    expect(made[2]).toBe(21)
    expect(made[1]).toBeGreaterThan(21)
    tf.dispose([x, y, gamma, beta])
  })

  it('give up after three runs in a row that differ', () => {
    const body = (time: number) => (time > 3 ? tf.cos : tf.neg)(long(tf.ones([8])))
    const { once, graphs, compiled } = both(body, 8)
    expect(graphs).toEqual(once)
    expect(runs).toBe(2)
    expect(compiled.why).toBe('call 20 is Cos in one run and Neg in another')
  })

  it('become a part of the compiled function that calls them', () => {
    const inner = compile((x: tf.Tensor) => long(x))
    const { once, graphs } = both(() => tf.neg(inner(tf.ones([8]))))
    expect(graphs).toEqual(once)
    expect(opened).toHaveBeenCalledTimes(2) // for the inner function alone, and for both together
    expect(runs).toBe(4)
    inner.dispose()
  })

  it('are compiled by themselves inside of a function that is not', () => {
    const inner = compile((x: tf.Tensor) => long(x))
    const { once, graphs, compiled } = both(() => tf.cumsum(inner(tf.ones([8]))), 8)
    expect(graphs).toEqual(once)
    expect(compiled.why).toBe("Cumsum can't be a part of a graph")
    expect(opened).toHaveBeenCalledTimes(1)
    inner.dispose()
  })

  it('have one graph under a gradient and another outside of it', () => {
    const x = rng.normal([8])
    const f = compile((x: tf.Tensor) => long(x))
    const slope = () => tf.grad(x => f(x))(x)
    const once = bitsOf(() => tf.grad(x => long(x))(x))
    for (let i = 0; i < 4; i++) expect(bitsOf(slope)).toBe(once)
    for (let i = 0; i < 4; i++) expect(bitsOf(() => f(x))).toBe(bitsOf(() => long(x)))
    expect(opened).toHaveBeenCalledTimes(2)
    expect(runs).toBe(4)
    f.dispose()
    x.dispose()
  })

  it('train a weight to the same bits, and free all that is not needed', async () => {
    const train = async (wrap: <F extends Compilable>(f: F) => F) => {
      const draws = createRng(2)
      const weight = tf.variable(draws.normal([3, 3, 4, 4]))
      const zeros = () => tf.variable(tf.zeros(weight.shape))
      const slot = { weight, m: zeros(), v: zeros(), ema: zeros() }
      const advance = wrap(({ x, step }: { x: tf.Tensor4D; step: number }) => {
        const { value, grad } = tf.valueAndGrad((w: tf.Tensor) =>
          tf.mean(tf.square(tf.sub(conv2d(long(x) as tf.Tensor4D, w as tf.Tensor4D), x))),
        )(weight)
        adamEma([slot], [grad], { step, learningRate: 0.1 / step })
        return value
      })
      const tensors: number[] = []
      const losses: number[] = []
      for (let step = 1; step <= 12; step++) {
        const x = draws.normal([2, 8, 8, 4])
        const loss = tf.tidy(() => advance({ x, step }))
        losses.push((await loss.data())[0]!)
        tf.dispose([x, loss])
        tensors.push(binding().getNumOfTensors())
      }
      const bits = [slot.weight, slot.m, slot.v, slot.ema].map(part => Array.from(part.dataSync()))
      tf.dispose(Object.values(slot))
      return { losses, bits, tensors }
    }
    const once = await train(f => f)
    const graphs = await train(compile)
    expect(runs).toBeGreaterThan(8)
    expect(graphs.losses).toEqual(once.losses)
    expect(graphs.bits).toEqual(once.bits)
    expect(graphs.tensors.at(-1)).toBe(graphs.tensors.at(-4))
  })

  it('run call by call if a graph fails', () => {
    const x = rng.normal([8])
    opened.mockImplementation(() => ({
      run: () => {
        throw new Error('out of memory')
      },
      dispose: () => {},
    }))
    const { once, graphs, compiled } = both(() => long(x), 6)
    expect(graphs).toEqual(once)
    expect(compiled.why).toBe('its graph failed: out of memory')
    x.dispose()
  })

  it('go on after a call that TensorFlow refuses', () => {
    const x = rng.normal([8])
    const [wrong, right] = [rng.normal([3, 2]), rng.normal([2, 2])] as [tf.Tensor2D, tf.Tensor2D]
    const refused = () =>
      evaluate(backend(), ops => [ops.run('BatchMatMulV2', [ops.of(wrong), ops.of(wrong)])])
    const body = () => {
      const y = long(x)
      expect(refused).toThrow('incompatible')
      return [tf.neg(y), tf.matMul(right, right), tf.add(wrong, 1), long(x)]
    }
    const { once, graphs } = both(body)
    expect(graphs).toEqual(once)
    tf.dispose([x, wrong, right])
  })

  it('compute the tensors that were made before an error is thrown', () => {
    const x = rng.normal([8])
    const kept: tf.Tensor[] = []
    let fails = false
    const f = compile(() => {
      const y = long(x)
      if (fails) {
        kept.push(tf.keep(y))
        throw new Error('no more')
      }
      return tf.neg(y)
    })
    for (let i = 0; i < 3; i++) f().dispose()
    expect(runs).toBe(1)
    fails = true
    expect(f).toThrow('no more')
    expect(bitsOf(() => tf.clone(kept[0]!))).toBe(bitsOf(() => long(x)))
    fails = false
    expect(bitsOf(f)).toBe(bitsOf(() => tf.neg(long(x))))
    tf.dispose([x, ...kept])
    f.dispose()
  })

  it('keep the most recently used graphs, and load others again', () => {
    const x = rng.normal([8])
    const fs = Array.from({ length: 70 }, (_, i) => compile(() => long(x, 20 + i)))
    const once = Array.from(fs, (_, i) => bitsOf(() => long(x, 20 + i)))
    for (let i = 0; i < 4; i++) expect(fs.map(f => bitsOf(f))).toEqual(once)
    expect(runs).toBe(140)
    for (const f of fs) f.dispose()
    x.dispose()
  })

  it('keep no more than about a thousand constants', () => {
    const before = binding().getNumOfTensors()
    const x = rng.normal([8])
    for (let i = 0; i < 3000; i++) {
      const [y] = evaluate(backend(), ops => [ops.mul(ops.of(x), ops.number(i))])
      if (i === 2999) expect(y?.dataSync()[0]).toBe(Math.fround(x.dataSync()[0]! * i))
      y?.dispose()
    }
    expect(binding().getNumOfTensors() - before).toBeLessThan(1100)
    x.dispose()
  })

  it('do not defer the calls of other code', async () => {
    const x = rng.normal([256, 256])
    const body = () => {
      let y = x
      for (let i = 0; i < 20; i++) y = tf.matMul(y, x)
      return y
    }
    for (let i = 0; i < 4; i++) {
      const kept: tf.Tensor[] = []
      const { kernelMs } = (await tf.time(() => void kept.push(body()))) as { kernelMs: number }
      expect(kernelMs).toBeGreaterThan(1)
      tf.dispose(kept)
    }
    expect(opened).not.toHaveBeenCalled()
    x.dispose()
  })
})
