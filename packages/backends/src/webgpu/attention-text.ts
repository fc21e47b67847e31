import type * as tf from '@tensorflow/tfjs-core'
import { typeOf, type Width, widthOf } from './shader-text.js'

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
  /** How many channels are read at once, and their type in WGSL. */
  lanes: Width
  type: string
  /** Blocks of SIDE positions. */
  blocks: number
  /** Blocks of SIDE times `lanes` channels. */
  parts: number
}

export function attentionShape({ shape: [b, n, c] }: tf.Tensor3D, heads: number): AttentionShape {
  const width = c / 3 / heads
  const lanes = widthOf(width)
  return {
    ...{ samples: b, positions: n, heads, width, lanes, type: typeOf(lanes) },
    blocks: Math.ceil(n / SIDE),
    parts: Math.ceil(width / lanes / SIDE),
  }
}

/**
 * The start of both shaders. All places and lengths of rows are in units of `lanes` channels. `at(n)` is where position n begins
 * in y [B,N,C], and `qAt`, `kAt`, `vAt` where it begins in qkv [B,N,3C], for one sample and head.
 */
export const layoutText = ({ positions, heads, width, lanes, type, blocks }: AttentionShape): string => `
const SIDE = ${SIDE}u;
const STRIDE = ${STRIDE}u;
const POSITIONS = ${positions}u;
const BLOCKS = ${blocks}u;
const HEADS = ${heads}u;
const WIDTH = ${width / lanes}u;
const CHANNELS = HEADS * WIDTH;
const SCALE = ${(1 / Math.sqrt(width)).toExponential()};
var<private> sample: u32;
var<private> head: u32;
fn at(n: u32) -> u32 { return (sample * POSITIONS + n) * CHANNELS + head * WIDTH; }
fn qAt(n: u32) -> u32 { return (sample * POSITIONS + n) * 3u * CHANNELS + head * WIDTH; }
fn kAt(n: u32) -> u32 { return qAt(n) + CHANNELS; }
fn vAt(n: u32) -> u32 { return qAt(n) + 2u * CHANNELS; }
fn inner(one: ${type}, other: ${type}) -> f32 { return ${lanes === 1 ? 'one * other' : 'dot(one, other)'}; }
var<workgroup> left: array<${type}, SIDE * STRIDE>;
var<workgroup> right: array<${type}, SIDE * STRIDE>;`

/**
 * A statement for each of a thread's parts of a row, because arrays that are indexed in loops are not in registers. A thread has
 * number `column + part * SIDE` of the row, which is `i` in the statement.
 */
export const eachPart = (
  { width, lanes, parts }: AttentionShape,
  statement: (part: number, i: string) => string,
): string =>
  Array.from({ length: parts }, (_, part) => {
    const i = `(column + ${part * SIDE}u)`
    const whole = (part + 1) * SIDE <= width / lanes
    return whole ? statement(part, i) : `if (${i} < WIDTH) { ${statement(part, i)} }`
  }).join('\n')

/**
 * `name(first, second, row, column)` in WGSL: the inner product of row `first + row` of one array and row `second + column` of
 * another. All threads of the workgroup call it.
 *
 * @param one    a number of the first array in WGSL, from its row and its place in there
 * @param other  the same for the second array
 */
export const productText = (
  name: string,
  { type }: AttentionShape,
  one: (n: string, i: string) => string,
  other: (n: string, i: string) => string,
): string => `
fn ${name}(first: u32, second: u32, row: u32, column: u32) -> f32 {
  var sum = 0.0;
  for (var start = 0u; start < WIDTH; start += SIDE) {
    let i = start + column;
    var one = ${type}();
    var other = ${type}();
    if (i < WIDTH && first + row < POSITIONS) { one = ${one('(first + row)', 'i')}; }
    if (i < WIDTH && second + row < POSITIONS) { other = ${other('(second + row)', 'i')}; }
    left[row * STRIDE + column] = one;
    right[row * STRIDE + column] = other;
    workgroupBarrier();
    for (var j = 0u; j < SIDE; j++) { sum += inner(left[row * STRIDE + j], right[column * STRIDE + j]); }
    workgroupBarrier();
  }
  return sum;
}`

/** The scores before their scaling: queries times keys. */
export const scoreText = (shape: AttentionShape): string =>
  productText(
    'score',
    shape,
    (n, i) => `qkv[qAt(${n}) + ${i}]`,
    (n, i) => `qkv[kAt(${n}) + ${i}]`,
  )
