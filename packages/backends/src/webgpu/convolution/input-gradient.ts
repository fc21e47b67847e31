import { constants, typeOf, widthOf } from '../shader-text.js'
import { type ConvInfo, imageText, nameOf } from './image-text.js'
import type { Product } from './product.js'

/**
 * A convolution's gradient with respect to its input:
 *
 *   dx[p, i] = sum over taps t and channels o of dy[(p + pad - t) / stride, o] filter[t, i, o]
 *
 * A pixel meets only the taps for which the quotient is whole, every stride-th. So the pixels of the same remainder of p /
 * stride are one product, [pixels, taps · O] times [taps · O, I], and there is one for each remainder.
 */
export function inputGradient(info: ConvInfo): Product {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info
  const [rows, columns] = [Math.ceil(inHeight / strideHeight), Math.ceil(inWidth / strideWidth)]
  const tapsWide = Math.ceil(filterWidth / strideWidth)
  const taps = Math.ceil(filterHeight / strideHeight) * tapsWide
  const [read, written] = [widthOf(outChannels), widthOf(inChannels)]
  const type = typeOf(read)
  return {
    name: nameOf('input gradient', info),
    rows: batchSize * rows * columns,
    columns: inChannels,
    depth: taps * outChannels,
    batch: strideHeight * strideWidth,
    a: { along: 'depth', width: read },
    b: { along: 'depth', width: read },
    shared: `
${constants({ PIXELS: rows * columns, PIXELS_WIDE: columns })}
const STRIDE = vec2<u32>(${strideHeight}, ${strideWidth});
fn remainder() -> vec2<u32> { return vec2<u32>(batch / STRIDE.y, batch % STRIDE.y); }
fn placeOf(row: u32) -> vec2<u32> {
  return vec2<u32>(row % PIXELS / PIXELS_WIDE, row % PIXELS_WIDE) * STRIDE + remainder();
}`,
    factors: `
${imageText('dy', [outHeight, outWidth, outChannels], read)}
const TAPS_WIDE = ${tapsWide}u;
const PAD = vec2<u32>(${padInfo.top}, ${padInfo.left});
const FILTER = vec2<u32>(${filterHeight}, ${filterWidth});
fn tapOf(k: u32) -> vec2<u32> {
  let number = k / CHANNELS;
  return (remainder() + PAD) % STRIDE + vec2<u32>(number / TAPS_WIDE, number % TAPS_WIDE) * STRIDE;
}
fn a(row: u32, k: u32) -> ${type} {
  let tap = tapOf(k);
  let at = (vec2<i32>(placeOf(row) + PAD) - vec2<i32>(tap)) / vec2<i32>(STRIDE);
  return pixel(row / PIXELS, at, k % CHANNELS, k < DEPTH && all(tap < FILTER));
}
fn b(column: u32, k: u32) -> ${type} {
  let tap = tapOf(k);
  let wanted = k < DEPTH && all(tap < FILTER);
  let place = (((tap.x * FILTER.y + tap.y) * COLUMNS + column) * CHANNELS + k % CHANNELS) / ${read}u;
  return select(${type}(), weights[select(0u, place, wanted)], wanted);
}`,
    put: `
fn put(row: u32, column: u32, value: ${typeOf(written)}) {
  let at = placeOf(row);
  if (at.x >= ${inHeight}u || at.y >= ${inWidth}u) { return; }
  dx[(((row / PIXELS * ${inHeight}u + at.x) * ${inWidth}u + at.y) * COLUMNS + column) / ${written}u] = value;
}`,
    width: written,
    columnSums: false,
    bindings: {
      factors: [`dy: ${type}`, `weights: ${type}`],
      added: [],
      results: [`dx: ${typeOf(written)}`],
    },
  }
}
