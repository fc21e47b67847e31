import * as tf from '@tensorflow/tfjs-core'

/** The epsilon that the packages lpips and piq use. */
const EPSILON = 1e-10

/** Feature vectors of length 1: f / (|f| + 1e-10) along the channels of f [B,h,w,C]. */
export function unit(f: tf.Tensor4D): tf.Tensor4D {
  return tf.div(f, tf.add(length(f), EPSILON))
}

function length(f: tf.Tensor4D): tf.Tensor4D {
  return tf.sqrt(tf.sum<tf.Tensor4D>(tf.square(f), 3, true))
}

/**
 * One layer of LPIPS, pixel by pixel: sum_c w_c (unit(f) - target)_c^2. Its gradient by f is written out: it needs fewer
 * passes over the map than the tape's gradient, and is 0 where f is 0 (the tape's is NaN).
 *
 *   g = 2 w (n - target),  df = g / (|f| + eps) - n (n . g) / |f|,  n = unit(f)
 *
 * @param f        features of the prediction [B,h,w,C]
 * @param target   unit features of the target [B,h,w,C]; gets no gradient
 * @param weights  [C]; get no gradient
 * @returns        [B,h,w]
 */
export function unitDistance(f: tf.Tensor4D, target: tf.Tensor4D, weights: tf.Tensor1D): tf.Tensor3D {
  const custom = tf.customGrad((...args) => {
    const save = args[1] as unknown as tf.GradSaveFunc
    save([f, target, weights])
    const value = tf.sum(tf.mul(tf.square(tf.sub(unit(f), target)), weights), 3)
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      // tfjs doesn't tidy a custom gradient, and these maps are the largest tensors of a network.
      tf.tidy(() => {
        const [features, constant, head] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D]
        // Computed again, not saved: two more passes cost less than keeping one more map per layer until now.
        const r = tf.tidy(() => length(features))
        const n = tf.div(features, tf.add(r, EPSILON))
        const scale = tf.expandDims(tf.mul(dy, 2), 3)
        const g = tf.tidy(() => tf.mul(tf.mul(tf.sub(n, constant), head), scale))
        const along = tf.tidy(() => tf.divNoNan(tf.sum(tf.mul(n, g), 3, true), r))
        const inverse = tf.div(tf.sign(r), tf.add(r, EPSILON)) // 0 where r is 0
        return tf.sub(tf.mul(g, inverse), tf.mul(n, along))
      })
    return { value, gradFunc }
  })
  return custom(f) as tf.Tensor3D
}
