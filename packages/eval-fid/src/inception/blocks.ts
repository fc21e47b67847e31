import * as tf from '@tensorflow/tfjs-core'

/** Convolution, folded batch normalisation and ReLU. Stride 1 keeps the size; stride 2 reads whole windows only. */
export type Convolve = (name: string, x: tf.Tensor4D, strides?: 1 | 2) => tf.Tensor4D

const join = (...branches: tf.Tensor4D[]): tf.Tensor4D => tf.concat(branches, 3)

/** Average over the pixels of the window that lie in the image: the FID Inception doesn't count padding at the border. */
const average = (x: tf.Tensor4D): tf.Tensor4D => tf.avgPool(x, 3, 1, 'same')

/** Mixed_5b, 5c, 5d: on 35 x 35. */
export function grid35(block: string, x: tf.Tensor4D, convolve: Convolve): tf.Tensor4D {
  const conv = (name: string, y: tf.Tensor4D) => convolve(`${block}.${name}`, y)
  return join(
    conv('branch1x1', x),
    conv('branch5x5_2', conv('branch5x5_1', x)),
    conv('branch3x3dbl_3', conv('branch3x3dbl_2', conv('branch3x3dbl_1', x))),
    conv('branch_pool', average(x)),
  )
}

/** Mixed_6a: from 35 x 35 to 17 x 17. */
export function to17(block: string, x: tf.Tensor4D, convolve: Convolve): tf.Tensor4D {
  const double = convolve(`${block}.branch3x3dbl_2`, convolve(`${block}.branch3x3dbl_1`, x))
  return join(
    convolve(`${block}.branch3x3`, x, 2),
    convolve(`${block}.branch3x3dbl_3`, double, 2),
    tf.maxPool(x, 3, 2, 'valid'),
  )
}

/** Mixed_6b to 6e: on 17 x 17. */
export function grid17(block: string, x: tf.Tensor4D, convolve: Convolve): tf.Tensor4D {
  const chain = (branch: string, length: number): tf.Tensor4D => {
    let y = x
    for (let i = 1; i <= length; i++) y = convolve(`${block}.${branch}_${i}`, y)
    return y
  }
  return join(
    convolve(`${block}.branch1x1`, x),
    chain('branch7x7', 3),
    chain('branch7x7dbl', 5),
    convolve(`${block}.branch_pool`, average(x)),
  )
}

/** Mixed_7a: from 17 x 17 to 8 x 8. */
export function to8(block: string, x: tf.Tensor4D, convolve: Convolve): tf.Tensor4D {
  const conv = (name: string, y: tf.Tensor4D, strides: 1 | 2 = 1) => convolve(`${block}.${name}`, y, strides)
  return join(
    conv('branch3x3_2', conv('branch3x3_1', x), 2),
    conv('branch7x7x3_4', conv('branch7x7x3_3', conv('branch7x7x3_2', conv('branch7x7x3_1', x))), 2),
    tf.maxPool(x, 3, 2, 'valid'),
  )
}

/** Mixed_7b and 7c: on 8 x 8. Unlike other Inceptions, this network pools by maximum in 7c. */
export function grid8(block: string, x: tf.Tensor4D, convolve: Convolve): tf.Tensor4D {
  const conv = (name: string, y: tf.Tensor4D) => convolve(`${block}.${name}`, y)
  const single = conv('branch3x3_1', x)
  const double = conv('branch3x3dbl_2', conv('branch3x3dbl_1', x))
  const pooled = block === 'Mixed_7c' ? tf.maxPool(x, 3, 1, 'same') : average(x)
  return join(
    conv('branch1x1', x),
    conv('branch3x3_2a', single),
    conv('branch3x3_2b', single),
    conv('branch3x3dbl_3a', double),
    conv('branch3x3dbl_3b', double),
    conv('branch_pool', pooled),
  )
}
