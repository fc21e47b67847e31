import { compile } from '@rectified-flow/backends'
import { createRng, type Field } from '@rectified-flow/core'
import { dopri5, solveAdaptive } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import type { Case, Inputs } from '../case.js'
import { normals, tensorOf } from '../host-tensors.js'

const TOLERANCE = 1e-5

/** Adaptive steps on a small network of points in the plane, where much of the time is the solver's own. */
export function dopri5Case(quick: boolean): Case {
  const [points, width] = quick ? [16, 8] : [1024, 128]
  const widths = [3, width, width, 2]
  return {
    name: 'dopri5',
    size: `${widths.join('-')} network, ${points.toLocaleString('en')} points, tolerances ${TOLERANCE}`,
    inputs: () => inputsOf(points, widths),
    open(inputs) {
      const layers = [0, 1, 2].map(i => ({
        weight: tensorOf<tf.Tensor2D>(inputs, `${i}.weight`),
        bias: tensorOf<tf.Tensor1D>(inputs, `${i}.bias`),
      }))
      const z = tensorOf<tf.Tensor2D>(inputs, 'z')
      const field = compile<Field<tf.Tensor2D>>((x, t) =>
        layers.reduce<tf.Tensor2D>(
          (h, { weight, bias }, i) => tf.add(tf.matMul(i > 0 ? tf.mul(h, tf.sigmoid(h)) : h, weight), bias),
          tf.concat([x, tf.reshape(t, [-1, 1])], 1),
        ),
      )
      return {
        async run() {
          const { x } = await solveAdaptive(field, z, { method: dopri5, rtol: TOLERANCE, atol: TOLERANCE })
          return [x]
        },
        close() {
          field.dispose()
          tf.dispose([z, ...layers.flatMap(({ weight, bias }) => [weight, bias])])
        },
      }
    },
  }
}

/** Layers [inputs,outputs] that keep the variance. */
function inputsOf(points: number, widths: readonly number[]): Inputs {
  const rng = createRng(10)
  const inputs: Inputs = new Map([['z', normals(rng.fork('z'), [points, 2])]])
  for (const [i, to] of widths.slice(1).entries()) {
    const from = widths[i]!
    inputs.set(`${i}.weight`, normals(rng.fork(`weight ${i}`), [from, to], Math.sqrt((i > 0 ? 2 : 1) / from)))
    inputs.set(`${i}.bias`, normals(rng.fork(`bias ${i}`), [to], 0.1))
  }
  return inputs
}
