import { bindings, unitOf } from './shader-text.js'

/** Threads of a workgroup, each with one number of the result. */
export const THREADS = 256

/**
 * Resampling of x [B,H,W,C] with a separable filter of S taps, to half or twice the sides:
 *
 *   down   y[i] = Σ_k taps[k] x[2i + k + 1 - S/2]
 *   up     y[i] = Σ_k taps[k] x[(i + k - S/2) / 2],   k for which the index is whole
 *
 * along the rows and along the columns; outside of x there are zeros.
 */
export function resampleText(
  direction: 'up' | 'down',
  [, h, w, c]: readonly number[],
  taps: readonly number[],
): string {
  const half = taps.length / 2
  const side = (length: number) => (direction === 'up' ? 2 * length : length / 2)
  // The first tap that counts, the step to the next, and the place in x to which a tap belongs.
  const [first, step, place] =
    direction === 'up'
      ? [(i: string) => `(${i} + ${half}) % 2`, 2, (i: string, k: string) => `(${i} + ${k} - ${half}) / 2`]
      : [() => '0', 1, (i: string, k: string) => `2 * ${i} + ${k} - ${half - 1}`]
  return `
${bindings({ read: ['x'], write: ['y'] })}
const HEIGHT = ${h};
const WIDTH = ${w};
const CHANNELS = ${c};
const TAPS = array<f32, ${taps.length}>(${taps.map(tap => tap.toExponential()).join(', ')});
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = i32(${unitOf('workgroup')} * ${THREADS}u + thread);
  if (at >= i32(arrayLength(&y))) { return; }
  let channel = at % CHANNELS;
  let column = at / CHANNELS % ${side(w!)};
  let row = at / ${side(w!) * c!} % ${side(h!)};
  let sample = at / ${side(w!) * c! * side(h!)};
  var sum = 0.0;
  for (var i = ${first('row')}; i < ${taps.length}; i += ${step}) {
    let fromRow = ${place('row', 'i')};
    if (fromRow < 0 || fromRow >= HEIGHT) { continue; }
    for (var j = ${first('column')}; j < ${taps.length}; j += ${step}) {
      let fromColumn = ${place('column', 'j')};
      if (fromColumn < 0 || fromColumn >= WIDTH) { continue; }
      sum += TAPS[i] * TAPS[j] * x[((sample * HEIGHT + fromRow) * WIDTH + fromColumn) * CHANNELS + channel];
    }
  }
  y[at] = sum;
}`
}
