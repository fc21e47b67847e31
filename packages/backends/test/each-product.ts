import type * as tf from '@tensorflow/tfjs-core'

/** All products of a convolution, one by one: `add(i, j, k)` gets the places in x, filter and y. */
export function eachProduct(
  info: tf.backend_util.Conv2DInfo,
  add: (x: number, filter: number, y: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info
  for (let b = 0; b < batchSize; b++)
    for (let pixel = 0; pixel < outHeight * outWidth; pixel++)
      for (let tap = 0; tap < info.filterHeight * info.filterWidth; tap++) {
        const row =
          Math.floor(pixel / outWidth) * info.strideHeight - padInfo.top + Math.floor(tap / info.filterWidth)
        const column = (pixel % outWidth) * info.strideWidth - padInfo.left + (tap % info.filterWidth)
        if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue
        for (let i = 0; i < inChannels; i++)
          for (let o = 0; o < outChannels; o++)
            add(
              ((b * inHeight + row) * inWidth + column) * inChannels + i,
              (tap * inChannels + i) * outChannels + o,
              (b * outHeight * outWidth + pixel) * outChannels + o,
            )
      }
}
