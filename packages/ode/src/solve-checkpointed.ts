import { checkInt, checkOptions, type Field, type OptionNames, vectorJacobian } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { checkGradientOf, type GradientOptions, gradientNames } from './gradient-options.js'
import { run } from './internal/run.js'
import type { Solution } from './method.js'
import { solve } from './solve.js'

export type CheckpointedOptions = GradientOptions & {
  /** Steps between kept states. Default: the square root of the number of steps, rounded up. */
  every?: number
}

const checkpointedNames: OptionNames<CheckpointedOptions> = { ...gradientNames, every: 'optional' }

/**
 * `solve` whose gradient takes little memory: the forward pass keeps a state every few steps and no tape; the backward pass
 * takes the steps again from each kept state, with a tape. The gradient is `solve`'s; it costs the field calls of one more
 * solve.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at the first time [B,...], float32
 * @see Chen, Xu, Zhang, Guestrin, Training deep nets with sublinear memory cost, arXiv 1604.06174
 */
export function solveCheckpointed(field: Field, x: tf.Tensor, options: CheckpointedOptions = {}): Solution {
  const where = 'ode.solveCheckpointed'
  checkOptions(where, options, checkpointedNames)
  const { params = [], every, ...rest } = options
  const { times } = run(where, field, x, rest)
  const { method } = rest
  checkGradientOf(where, params)
  if (method?.past)
    throw new TypeError(`${where}: method must be one that needs no earlier steps, got ${method.name}.`)
  const interval = every ?? Math.ceil(Math.sqrt(times.length - 1))
  checkInt(where, 'every', interval, 1)

  const pieces: (readonly number[])[] = []
  for (let i = 0; i < times.length - 1; i += interval) pieces.push(times.slice(i, i + interval + 1))
  const over = (start: tf.Tensor, piece: readonly number[]) =>
    solve(field, start, { times: piece, ...(method && { method }) })
  let nfe = 0

  /** The states at the ends of the pieces, [pieces,B,...]: as one tensor, because tfjs saves inputs and outputs only. */
  const flow = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc
    const start = inputs[0] as tf.Tensor
    const ends: tf.Tensor[] = []
    for (const piece of pieces) {
      const step = over(ends.at(-1) ?? start, piece)
      ends.push(step.x)
      nfe += step.nfe
    }
    const value = tf.stack(ends)
    save([start, value])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [first, kept] = saved as [tf.Tensor, tf.Tensor]
      const starts = [first, ...tf.unstack(kept).slice(0, -1)]
      let dx = tf.unstack(dy).at(-1) as tf.Tensor
      let dParams = params.map(param => tf.zerosLike(param))
      for (let i = pieces.length - 1; i >= 0; i--) {
        const [from, piece] = [starts[i]!, pieces[i]!]
        const grown = tf.tidy(() => {
          const { grads } = vectorJacobian(() => over(from, piece).x, [from, ...params], dx)
          return [grads[0]!, ...dParams.map((total, j) => tf.add(total, grads[j + 1]!))]
        })
        tf.dispose([dx, ...dParams])
        ;[dx, ...dParams] = grown as [tf.Tensor, ...tf.Tensor[]]
      }
      return [dx, ...dParams]
    }
    return { value, gradFunc: gradFunc as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] }
  })
  return tf.tidy(() => {
    const end = tf.slice(flow(x, ...params), [pieces.length - 1, ...x.shape.map(() => 0)], [1, ...x.shape])
    return { x: tf.reshape(end, x.shape), nfe }
  })
}
