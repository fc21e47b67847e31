import type { KernelTable, NormAttrs } from '../kernels/table.js'
import { MOST_THREADS, totalText } from './sum-of-workgroup.js'

export interface NormShape {
  /** [B,H,W,C] */
  shape: readonly number[]
  attrs: NormAttrs
  modulated: boolean
  /** Whether an offset is added to x. */
  moved: boolean
  /** Threads of a workgroup. */
  threads: number
}

/** How many numbers of a group one thread gets, and the fewest threads. */
const PER_THREAD = 4
const LEAST_THREADS = 32

/**
 * The start of the shaders of group normalisation. A workgroup computes one group of one sample. Its threads form ROWS rows
 * of WIDTH threads. A thread in a row has one channel, or several that are WIDTH apart if the group is wider than the
 * workgroup. The rows share the pixels.
 */
export function layoutText({ shape, attrs, threads }: NormShape): string {
  const [, h, w, c] = shape as [number, number, number, number]
  const width = Math.min(c / attrs.groups, threads)
  return `
const PIXELS = ${h * w}u;
const CHANNELS = ${c}u;
const GROUPS = ${attrs.groups}u;
const PER_GROUP = ${c / attrs.groups}u;
const COUNT = ${h * w * (c / attrs.groups)}.0;
const WIDTH = ${width}u;
const ROWS = ${Math.floor(threads / width)}u;
struct Place { sample: u32, group: u32, start: u32, row: u32, column: u32 }
fn placeOf(workgroup: vec3<u32>, thread: u32) -> Place {
  let start = workgroup.y * PIXELS * CHANNELS + workgroup.x * PER_GROUP;
  return Place(workgroup.y, workgroup.x, start, thread / WIDTH, thread % WIDTH);
}
${totalText(threads)}`
}

/**
 * The group's mean and 1 / sqrt(variance + epsilon), of x + offset. Two passes keep the variance accurate for numbers far
 * from 0. `offsetOf(sample, c)` is what is added to x in channel c (of all C).
 */
export const statisticsText = ({ attrs, moved }: NormShape): string => `
fn offsetOf(sample: u32, c: u32) -> f32 { return ${moved ? 'offset[sample * CHANNELS + c]' : '0.0'}; }
fn statisticsOf(at: Place, thread: u32) -> vec2<f32> {
  var sum = 0.0;
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let extra = offsetOf(at.sample, at.group * PER_GROUP + c);
    for (var p = at.row; p < PIXELS; p += ROWS) { sum += x[at.start + p * CHANNELS + c] + extra; }
  }
  let average = total(thread, sum) / COUNT;
  sum = 0.0;
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let centre = average - offsetOf(at.sample, at.group * PER_GROUP + c);
    for (var p = at.row; p < PIXELS; p += ROWS) {
      let centred = x[at.start + p * CHANNELS + c] - centre;
      sum += centred * centred;
    }
  }
  return vec2<f32>(average, inverseSqrt(total(thread, sum) / COUNT + ${attrs.epsilon.toExponential()}));
}`

/** The factor and the offset of a normalised number in channel c (of all C): gamma and beta, modulated. */
export const affineText = ({ modulated }: NormShape): string => `
fn affineOf(sample: u32, c: u32) -> vec2<f32> {
  ${
    modulated
      ? `let gain = 1.0 + scale[sample * CHANNELS + c];
  return vec2<f32>(gamma[c] * gain, beta[c] * gain + shift[sample * CHANNELS + c]);`
      : 'return vec2<f32>(gamma[c], beta[c]);'
  }
}`

/** The shape that both kernels need, from their arguments. */
export function normShape(
  { x, scale }: Pick<KernelTable['GroupNormGradient']['inputs'], 'x' | 'scale'>,
  attrs: NormAttrs,
  { moved = false }: { moved?: boolean } = {},
): NormShape {
  const [, h, w, c] = x.shape
  const enough = 2 ** Math.ceil(Math.log2(Math.max(1, (h * w * c) / attrs.groups / PER_THREAD)))
  const threads = Math.max(LEAST_THREADS, Math.min(MOST_THREADS, enough))
  return { shape: x.shape, attrs, modulated: scale !== undefined, moved, threads }
}
