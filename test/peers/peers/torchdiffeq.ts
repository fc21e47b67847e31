import {
  bosh3,
  dopri5,
  euler,
  heun,
  type Method,
  midpoint,
  rungeKutta,
  solve,
  solveAdjoint,
  solveFloat64,
} from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { normal, tensor } from '../inputs.js'
import { type Comparison, numbersOfTensor, type Peer } from '../peer.js'

const STEPS = 16
const K = 1.5
const start = () => normal('start', [8, 2])

// torchdiffeq's rk4 is Kutta's 3/8 rule, and its heun3 is Heun's third-order method: tableaus, like any other.
const fixed: Record<string, Method> = {
  euler,
  midpoint,
  heun2: heun,
  heun3: rungeKutta({
    name: 'heun3',
    order: 3,
    a: [[], [1 / 3], [0, 2 / 3]],
    b: [1 / 4, 0, 3 / 4],
    c: [0, 1 / 3, 2 / 3],
  }),
  rk4: rungeKutta({
    name: '3/8 rule',
    order: 4,
    a: [[], [1 / 3], [-1 / 3, 1], [1, -1, 1]],
    b: [1 / 8, 3 / 8, 3 / 8, 1 / 8],
    c: [0, 1 / 3, 2 / 3, 1],
  }),
}

/** dq/dt = p, dp/dt = -k sin(q) + t / 2. */
function pendulum(x: tf.Tensor, t: tf.Tensor1D, k: tf.Tensor | number): tf.Tensor {
  const [q, p] = tf.unstack(x, 1) as [tf.Tensor, tf.Tensor]
  return tf.stack([p, tf.sub(tf.div(t, 2), tf.mul(k, tf.sin(q)))], 1)
}

export const torchdiffeq: Peer = {
  name: 'torchdiffeq',
  prepare: async () => ({ start: start() }),
  async compare(_, theirs) {
    const x = tensor(start())
    const rows: Comparison[] = []
    for (const [name, method] of Object.entries(fixed)) {
      const end = solve((state, t) => pendulum(state, t, K), x, { method, steps: STEPS })
      const ours = await numbersOfTensor(end.x)
      rows.push({ what: `${name}, 16 steps: end`, ours, theirs: theirs(name), limit: 1e-6 })
      rows.push({ what: `${name}: calls`, ours: [end.nfe], theirs: theirs(`${name} calls`), limit: 0 })
    }
    for (const method of [dopri5, bosh3]) {
      const end = await solveFloat64(float64Pendulum, start().data as Float32Array, {
        method,
        rtol: 1e-10,
        atol: 1e-10,
      })
      const { name } = method
      rows.push({ what: `${name}, tolerance 1e-10: end`, ours: end.x, theirs: theirs(name), limit: 1e-9 })
      // The rules that choose the steps differ in details.
      rows.push({ what: `${name}: calls`, ours: [end.nfe], theirs: theirs(`${name} calls`), limit: 0.2 })
    }
    const ours = await numbersOfTensor(tf.tidy(() => gradient(x)))
    return [
      ...rows,
      { what: 'adjoint: gradient of start and k', ours, theirs: theirs('gradient'), limit: 1e-5 },
    ]
  },
}

function float64Pendulum(x: Float64Array, t: number): Float64Array {
  const out = new Float64Array(x.length)
  for (let i = 0; i < x.length; i += 2) {
    out[i] = x[i + 1]!
    out[i + 1] = t / 2 - K * Math.sin(x[i]!)
  }
  return out
}

/** The gradient of the sum of squares of the end with respect to the start and to k. */
function gradient(x: tf.Tensor): tf.Tensor {
  const k = tf.variable(tf.scalar(K))
  const loss = (from: tf.Tensor) => {
    const field = (state: tf.Tensor, t: tf.Tensor1D) => pendulum(state, t, k)
    const end = solveAdjoint(field, from, { method: fixed.rk4!, steps: STEPS, params: [k] })
    return tf.sum(tf.square(end.x)) as tf.Scalar
  }
  const { grads } = tf.variableGrads(() => loss(x), [k])
  const all = tf.concat([tf.reshape(tf.grad(loss)(x), [-1]), tf.reshape(Object.values(grads)[0]!, [-1])])
  k.dispose()
  return all
}
