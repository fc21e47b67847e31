// Made from assembly/ by `node assembly/build.mjs`.
/** The functions of assembly/, which take addresses in the memory, sizes and numbers. */
export interface Functions {
  adamEma(weight: number, m: number, v: number, ema: number, gradient: number, weightNext: number, mNext: number, vNext: number, emaNext: number, numbers: number, n: number, first: number, last: number): void
  attention(qkv: number, keys: number, values: number, y: number, logSums: number, scratch: number, scratchStep: number, n: number, channels: number, heads: number, scale: number, first: number, last: number, thread: number): void
  packHeads(qkv: number, keys: number, values: number, n: number, channels: number, heads: number, first: number, last: number): void
  binary(op: number, a: number, b: number, out: number, size: number, middle: number, inner: number, one: boolean, together: number, first: number, last: number): void
  conv2d(x: number, packed: number, packedStep: number, skip: number, scale: number, y: number, scratch: number, scratchStep: number, height: number, width: number, inputs: number, outHeight: number, outWidth: number, outputs: number, filterHeight: number, filterWidth: number, strideHeight: number, strideWidth: number, top: number, left: number, bandRows: number, first: number, last: number, thread: number): void
  conv2dBackpropFilter(x: number, dy: number, dw: number, scratch: number, scratchStep: number, batch: number, height: number, width: number, inputs: number, outHeight: number, outWidth: number, outputs: number, filterHeight: number, filterWidth: number, strideHeight: number, strideWidth: number, top: number, left: number, bandRows: number, first: number, last: number, thread: number): void
  copyRows(from: number, to: number, size: number, fromStep: number, toStep: number, first: number, last: number): void
  fill(to: number, n: number, value: number, first: number, last: number): void
  dropout(x: number, y: number, n: number, key0: number, key1: number, counter0: number, counter1: number, dropped: number, kept: number, first: number, last: number): void
  groupNorm(x: number, gamma: number, beta: number, scale: number, shift: number, y: number, mean: number, rstd: number, scratch: number, scratchStep: number, pixels: number, channels: number, groups: number, together: number, epsilon: number, activate: boolean, first: number, last: number, thread: number): void
  groupNormGradient(x: number, dy: number, gamma: number, beta: number, scale: number, shift: number, mean: number, rstd: number, dx: number, dgammas: number, dbetas: number, dscale: number, dshift: number, scratch: number, scratchStep: number, pixels: number, channels: number, groups: number, together: number, activate: boolean, first: number, last: number, thread: number): void
  packFilter(filter: number, bias: number, packed: number, rows: number, outputs: number, first: number, last: number): void
  packTurnedFilter(filter: number, packed: number, taps: number, inputs: number, outputs: number, first: number, last: number): void
  packPanels(x: number, panels: number, batchStep: number, panelStep: number, allRows: number, start: number, rows: number, columns: number, first: number, last: number): void
  panelProducts(xs: number, xStep: number, xPanelStep: number, ys: number, yStep: number, yPanelStep: number, out: number, rows: number, m: number, n: number, add: boolean, first: number, last: number): void
  repeatBlocks(x: number, y: number, columns: number, channels: number, gain: number, first: number, last: number): void
  sumBlocks(x: number, y: number, columns: number, channels: number, gain: number, first: number, last: number): void
  softmax(x: number, y: number, scratch: number, scratchStep: number, columns: number, first: number, last: number, thread: number): void
  sumMiddle(x: number, out: number, middle: number, inner: number, first: number, last: number): void
  sumSquares(x: number, out: number, n: number, first: number, last: number): void
  unary(op: number, x: number, out: number, alpha: number, size: number, unit: number, first: number, last: number): void
  winograd(x: number, filter: number, turned: boolean, bias: number, skip: number, scale: number, y: number, scratch: number, scratchStep: number, height: number, width: number, inputs: number, outHeight: number, outWidth: number, outputs: number, top: number, left: number, tiles: number, unitTiles: number, unitPanels: number, first: number, last: number, thread: number): void
  winogradFilter(filter: number, turned: boolean, transformed: number, scratch: number, scratchStep: number, inputs: number, outputs: number, first: number, last: number, thread: number): void
  winogradGradientFilter(sums: number, dw: number, scratch: number, scratchStep: number, inputs: number, outputs: number, first: number, last: number, thread: number): void
  winogradGradientTiles(x: number, dy: number, xs: number, xStep: number, dys: number, dyStep: number, scratch: number, scratchStep: number, height: number, width: number, inputs: number, outHeight: number, outWidth: number, outputs: number, top: number, left: number, start: number, tiles: number, first: number, last: number, thread: number): void
}
/** Those whose last parameters are the first unit of their work, the last one + 1 and, where it matters, the thread. */
export type Divisible = 'adamEma' | 'attention' | 'packHeads' | 'binary' | 'conv2d' | 'conv2dBackpropFilter' | 'copyRows' | 'fill' | 'dropout' | 'groupNorm' | 'groupNormGradient' | 'packFilter' | 'packTurnedFilter' | 'packPanels' | 'panelProducts' | 'repeatBlocks' | 'sumBlocks' | 'softmax' | 'sumMiddle' | 'sumSquares' | 'unary' | 'winograd' | 'winogradFilter' | 'winogradGradientFilter' | 'winogradGradientTiles'
/** Which parameters are addresses: those of type usize, except distances, whose names end in Step. */
export const addresses: Record<keyof Functions, readonly number[]> = {
  adamEma: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  attention: [0, 1, 2, 3, 4, 5],
  packHeads: [0, 1, 2],
  binary: [1, 2, 3],
  conv2d: [0, 1, 3, 5, 6],
  conv2dBackpropFilter: [0, 1, 2, 3],
  copyRows: [0, 1],
  fill: [0],
  dropout: [0, 1],
  groupNorm: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  groupNormGradient: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  packFilter: [0, 1, 2],
  packTurnedFilter: [0, 1],
  packPanels: [0, 1],
  panelProducts: [0, 3, 6],
  repeatBlocks: [0, 1],
  sumBlocks: [0, 1],
  softmax: [0, 1, 2],
  sumMiddle: [0, 1],
  sumSquares: [0, 1],
  unary: [1, 2],
  winograd: [0, 1, 3, 4, 6, 7],
  winogradFilter: [0, 2, 3],
  winogradGradientFilter: [0, 1, 2],
  winogradGradientTiles: [0, 1, 2, 4, 6],
}
