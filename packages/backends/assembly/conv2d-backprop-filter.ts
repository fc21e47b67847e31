import { outerProducts } from './outer-products'

/** The gradient of conv2d with respect to its filter, into zeros; outerProducts says what, in which units and scratch. */
export function conv2dBackpropFilter(
  x: usize, dy: usize, dw: usize, scratch: usize, scratchStep: usize, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, filterHeight: i32, filterWidth: i32,
  strideHeight: i32, strideWidth: i32, top: i32, left: i32, bandRows: i32, first: i32, last: i32, thread: i32,
): void {
  outerProducts(
    x, dy, dw, scratch + <usize>thread * scratchStep, batch, height, width, inputs, outHeight, outWidth, outputs,
    filterHeight, filterWidth, strideHeight, strideWidth, top, left, bandRows, first, last,
  )
}
