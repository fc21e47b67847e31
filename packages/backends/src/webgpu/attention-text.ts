import type * as tf from '@tensorflow/tfjs-core'

/** A workgroup has SIDE x SIDE threads, and works on as many scores at once: of SIDE queries and SIDE keys. */
export const SIDE = 16

/** Numbers from one row of a tile to the next. One more than SIDE: so threads that read a column are in different banks. */
const STRIDE = SIDE + 1

/** The shape of attention's tensors and what its shaders call them. */
export interface AttentionShape {
  /** Samples, positions, heads, and channels of a head. */
  samples: number
  positions: number
  heads: number
  width: number
  /** Blocks of SIDE positions. */
  blocks: number
}

export function attentionShape({ shape: [b, n, c] }: tf.Tensor3D, heads: number): AttentionShape {
  return { samples: b, positions: n, heads, width: c / 3 / heads, blocks: Math.ceil(n / SIDE) }
}

/**
 * The start of both shaders. `at(n)` is where the numbers of position n begin in y [B,N,C], and `qAt`, `kAt`, `vAt` where they
 * begin in qkv [B,N,3C], for one sample and head. A thread has number `column + part * SIDE` of a row for each of PARTS parts.
 */
export const layoutText = ({ positions, heads, width, blocks }: AttentionShape): string => `
const SIDE = ${SIDE}u;
const STRIDE = ${STRIDE}u;
const POSITIONS = ${positions}u;
const BLOCKS = ${blocks}u;
const HEADS = ${heads}u;
const WIDTH = ${width}u;
const PARTS = ${Math.ceil(width / SIDE)}u;
const CHANNELS = HEADS * WIDTH;
const SCALE = ${(1 / Math.sqrt(width)).toExponential()};
var<private> sample: u32;
var<private> head: u32;
fn at(n: u32) -> u32 { return (sample * POSITIONS + n) * CHANNELS + head * WIDTH; }
fn qAt(n: u32) -> u32 { return (sample * POSITIONS + n) * 3u * CHANNELS + head * WIDTH; }
fn kAt(n: u32) -> u32 { return qAt(n) + CHANNELS; }
fn vAt(n: u32) -> u32 { return qAt(n) + 2u * CHANNELS; }
var<workgroup> left: array<f32, SIDE * STRIDE>;
var<workgroup> right: array<f32, SIDE * STRIDE>;`

/**
 * `name(first, second, row, column)` in WGSL: the inner product of row `first + row` of one array and row `second + column` of
 * another. All threads of the workgroup call it.
 *
 * @param one    a number of the first array in WGSL, from its row and its place in there
 * @param other  the same for the second array
 */
export const productText = (
  name: string,
  one: (n: string, i: string) => string,
  other: (n: string, i: string) => string,
): string => `
fn ${name}(first: u32, second: u32, row: u32, column: u32) -> f32 {
  var sum = 0.0;
  for (var start = 0u; start < WIDTH; start += SIDE) {
    let i = start + column;
    var pair = vec2<f32>(0.0);
    if (i < WIDTH && first + row < POSITIONS) { pair.x = ${one('(first + row)', 'i')}; }
    if (i < WIDTH && second + row < POSITIONS) { pair.y = ${other('(second + row)', 'i')}; }
    left[row * STRIDE + column] = pair.x;
    right[row * STRIDE + column] = pair.y;
    workgroupBarrier();
    for (var j = 0u; j < SIDE; j++) { sum += left[row * STRIDE + j] * right[column * STRIDE + j]; }
    workgroupBarrier();
  }
  return sum;
}`

/** The scores before their scaling: queries times keys. */
export const scoreText = productText(
  'score',
  (n, i) => `qkv[qAt(${n}) + ${i}]`,
  (n, i) => `qkv[kAt(${n}) + ${i}]`,
)
