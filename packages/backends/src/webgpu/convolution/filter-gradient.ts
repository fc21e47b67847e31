import { typeOf, widthOf } from '../shader-text.js'
import { type ConvInfo, nameOf, seenText } from './image-text.js'
import type { Product } from './product.js'

/**
 * A convolution's gradient with respect to its filter, as a product of [taps · I, pixels] and [pixels, O]:
 *
 *   gradient[t, i, o] = sum over pixels p of x[p stride + t - pad, i] dy[p, o]
 *
 * With `bias`, also the gradient with respect to the bias: the sum of dy over the pixels.
 */
export function filterGradient(info: ConvInfo, { bias }: { bias: boolean }): Product {
  const { batchSize, inChannels, outHeight, outWidth, outChannels } = info
  const { filterHeight, filterWidth } = info
  const [a, b] = [widthOf(inChannels), widthOf(outChannels)]
  const type = typeOf(b)
  return {
    name: nameOf('filter gradient', info),
    rows: filterHeight * filterWidth * inChannels,
    columns: outChannels,
    depth: batchSize * outHeight * outWidth,
    batch: 1,
    a: { along: 'tile', width: a },
    b: { along: 'tile', width: b },
    shared: '',
    factors: `
${seenText(info, a)}
fn a(row: u32, k: u32) -> ${typeOf(a)} { return seen(k, row, k < DEPTH); }
fn b(column: u32, k: u32) -> ${type} {
  let wanted = k < DEPTH;
  return select(${type}(), dy[select(0u, (k * COLUMNS + column) / ${b}u, wanted)], wanted);
}`,
    put: `
fn put(row: u32, column: u32, value: ${type}) {
  ${bias ? `if (row == ROWS) { bias[column / ${b}u] = value; return; }` : ''}
  gradient[(row * COLUMNS + column) / ${b}u] = value;
}`,
    width: b,
    isStored: true,
    columnSums: bias,
    bindings: {
      factors: [`x: ${typeOf(a)}`, `dy: ${type}`],
      added: [],
      results: [`gradient: ${type}`, ...(bias ? [`bias: ${type}`] : [])],
    },
  }
}
