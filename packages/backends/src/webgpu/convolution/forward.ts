import { typeOf, widthOf } from '../shader-text.js'
import { type ConvInfo, nameOf, seenText } from './image-text.js'
import type { Product } from './product.js'

/** What is added to a convolution, and its factor. */
export interface Epilogue {
  bias: boolean
  skip: boolean
  scale: number
}

/** scale (conv(x, filter) + bias + skip), as a product of [pixels, taps · I] and [taps · I, O]. */
export function forward(info: ConvInfo, { bias, skip, scale }: Epilogue): Product {
  const { batchSize, inChannels, outHeight, outWidth, outChannels } = info
  const { filterHeight, filterWidth } = info
  const [a, b] = [widthOf(inChannels), widthOf(outChannels)]
  const type = typeOf(b)
  return {
    name: nameOf('forward', info),
    rows: batchSize * outHeight * outWidth,
    columns: outChannels,
    depth: filterHeight * filterWidth * inChannels,
    batch: 1,
    a: { along: 'depth', width: a },
    b: { along: 'tile', width: b },
    shared: '',
    factors: `
${seenText(info, a)}
fn a(row: u32, k: u32) -> ${typeOf(a)} { return seen(row, k, k < DEPTH); }
fn b(column: u32, k: u32) -> ${type} {
  let wanted = k < DEPTH;
  return select(${type}(), weights[select(0u, (k * COLUMNS + column) / ${b}u, wanted)], wanted);
}`,
    put: `
fn put(row: u32, column: u32, value: ${type}) {
  let i = (row * COLUMNS + column) / ${b}u;
  y[i] = f32(${scale}) * (value${bias ? ` + bias[column / ${b}u]` : ''}${skip ? ' + skip[i]' : ''});
}`,
    width: b,
    columnSums: false,
    bindings: {
      factors: [`x: ${typeOf(a)}`, `weights: ${type}`],
      added: [...(bias ? [`bias: ${type}`] : []), ...(skip ? [`skip: ${type}`] : [])],
      results: [`y: ${type}`],
    },
  }
}
