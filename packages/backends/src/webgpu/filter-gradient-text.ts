import type * as tf from '@tensorflow/tfjs-core'
import { bindings } from './shader-text.js'

/** Each thread computes PER_THREAD x PER_THREAD numbers of the result. */
const PER_THREAD = 4

/** The layout of a workgroup: `side` x `side` threads compute a tile of the result, and load `side` pixels at once. */
export interface Tiling {
  side: number
  tile: number
}

/** A small tile if the result is narrow, because most of a large tile would be empty. */
export function tilingFor(info: tf.backend_util.Conv2DInfo): Tiling {
  const side =
    Math.min(info.filterHeight * info.filterWidth * info.inChannels, info.outChannels) <= 32 ? 8 : 16
  return { side, tile: side * PER_THREAD }
}

/**
 * Workgroup (i, j, part) computes the tile (i, j) of
 *
 *   gradient[tap, channel; o] = sum over pixels p of x[p · stride + tap - pad, channel] dy[p, o]
 *
 * over the pixels of its part. Its threads load a few pixels of both factors into shared memory, PER_THREAD numbers of each
 * pixel, and then sum their products. They read both factors along the channels, in the order of the memory.
 */
export function filterGradientText(
  info: tf.backend_util.Conv2DInfo,
  { side, tile }: Tiling,
  pixelsPerPart: number,
): string {
  const constants = {
    HEIGHT: info.inHeight,
    WIDTH: info.inWidth,
    CHANNELS: info.inChannels,
    OUT_WIDTH: info.outWidth,
    OUT_PIXELS: info.outHeight * info.outWidth,
    PIXELS: info.batchSize * info.outHeight * info.outWidth,
    PER_PART: pixelsPerPart,
    TAPS_WIDE: info.filterWidth,
    ROWS: info.filterHeight * info.filterWidth * info.inChannels,
    COLUMNS: info.outChannels,
  }
  return `
${bindings({ read: ['x', 'dy'], write: ['gradient'] })}
${Object.entries(constants)
  .map(([name, value]) => `const ${name} = ${value}u;`)
  .join('\n')}
const STRIDE = vec2<i32>(${info.strideHeight}, ${info.strideWidth});
const PAD = vec2<i32>(${info.padInfo.top}, ${info.padInfo.left});
var<workgroup> xs: array<array<f32, ${tile}>, ${side}>;
var<workgroup> dys: array<array<f32, ${tile}>, ${side}>;

/** x under a tap of output pixel p; 0 outside of the image. */
fn seen(p: u32, row: u32) -> f32 {
  let tap = row / CHANNELS;
  let out = vec2<i32>(vec2<u32>(p % OUT_PIXELS / OUT_WIDTH, p % OUT_WIDTH));
  let at = out * STRIDE - PAD + vec2<i32>(vec2<u32>(tap / TAPS_WIDE, tap % TAPS_WIDE));
  if (any(at < vec2<i32>(0)) || at.x >= i32(HEIGHT) || at.y >= i32(WIDTH)) { return 0.0; }
  let place = vec2<u32>(at);
  return x[((p / OUT_PIXELS * HEIGHT + place.x) * WIDTH + place.y) * CHANNELS + row % CHANNELS];
}

@compute @workgroup_size(${side}, ${side})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let firstRow = workgroup.x * ${tile}u;
  let firstColumn = workgroup.y * ${tile}u;
  let end = min((workgroup.z + 1u) * PER_PART, PIXELS);
  var sums: array<vec4<f32>, ${PER_THREAD}>;
  for (var first = workgroup.z * PER_PART; first < end; first += ${side}u) {
    let p = first + local.y;
    for (var j = 0u; j < ${PER_THREAD}u; j++) {
      let at = local.x * ${PER_THREAD}u + j;
      let row = firstRow + at;
      let column = firstColumn + at;
      var factors = vec2<f32>(0.0);
      if (p < end && row < ROWS) { factors.x = seen(p, row); }
      if (p < end && column < COLUMNS) { factors.y = dy[p * COLUMNS + column]; }
      xs[local.y][at] = factors.x;
      dys[local.y][at] = factors.y;
    }
    workgroupBarrier();
    for (var k = 0u; k < ${side}u; k++) {
      let at = local.x * ${PER_THREAD}u;
      let right = vec4<f32>(dys[k][at], dys[k][at + 1u], dys[k][at + 2u], dys[k][at + 3u]);
      for (var i = 0u; i < ${PER_THREAD}u; i++) {
        sums[i] = fma(vec4<f32>(xs[k][local.y * ${PER_THREAD}u + i]), right, sums[i]);
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < ${PER_THREAD}u; i++) {
    let row = firstRow + local.y * ${PER_THREAD}u + i;
    for (var j = 0u; j < ${PER_THREAD}u; j++) {
      let column = firstColumn + local.x * ${PER_THREAD}u + j;
      if (row < ROWS && column < COLUMNS) { gradient[(workgroup.z * ROWS + row) * COLUMNS + column] = sums[i][j]; }
    }
  }
}`
}
