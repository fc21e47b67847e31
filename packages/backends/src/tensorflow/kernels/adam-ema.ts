import type * as tf from '@tensorflow/tfjs-core'
import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'

/** Adam and the moving average, calling TensorFlow's operations without tfjs. */
export const adamEma = composed<'AdamEma'>((ops, inputs) => {
  const [numbers, ...others] = Object.values(inputs) as [tf.Tensor, ...tf.Tensor[]]
  const steps = scalarsOf(ops, ops.of(numbers))
  const next: Value[] = []
  for (let first = 0; first < others.length; first += 5) {
    const slot = others.slice(first, first + 5).map(tensor => ops.of(tensor))
    next.push(...stepped(ops, slot, steps))
  }
  return next
})

function stepped(ops: Eager, before: Value[], numbers: Value[]): Value[] {
  const [weight, m, v, ema, gradient] = before as [Value, Value, Value, Value, Value]
  const [factor, rate, epsilon, beta1, rest1, beta2, rest2, emaDecay, emaRest, shrink] = numbers as [
    ...(Value[] & { length: 10 }),
  ]
  const average = (before: Value, now: Value, decay: Value, rest: Value) =>
    ops.add(ops.mul(before, decay), ops.mul(now, rest))
  // 0 where the factor is 0, even if the gradient is NaN
  const slope = ops.run('MulNoNan', [gradient, factor!])
  const mNext = average(m, slope, beta1!, rest1!)
  const vNext = average(v, ops.mul(slope, slope), beta2!, rest2!)
  const step = ops.mul(ops.div(mNext, ops.add(ops.run('Sqrt', [vNext]), epsilon!)), rate!)
  const weightNext = ops.sub(weight, ops.add(step, ops.mul(weight, shrink!)))
  return [weightNext, mNext, vNext, average(ema, weightNext, emaDecay!, emaRest!)]
}

/** The numbers of a list [n], each as a scalar. */
const scalarsOf = (ops: Eager, list: Value): Value[] =>
  Array.from({ length: list.shape[0]! }, (_, i) =>
    ops.reshape(ops.run('Slice', [list, ops.integers([i]), ops.integers([1])]), []),
  )
