import { bindings, unitOf } from './shader-text.js'

export const THREADS = 256

/**
 * A shader from an image to one with twice its sides, or back. Each thread has number i of the small image. Its block in the
 * large image begins at index `at`; the other numbers of the block are RIGHT and BELOW further on.
 *
 * @param small  width and channels of the small image
 * @param body   the work of one thread, in WGSL
 */
export function blocksText([w, c]: readonly [number, number], body: string, gain: number): string {
  return `
${bindings({ read: ['x'], write: ['y'] })}
const WIDTH = ${w}u;
const CHANNELS = ${c}u;
const RIGHT = CHANNELS;
const BELOW = 2u * WIDTH * CHANNELS;
const GAIN = f32(${gain});
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${unitOf('workgroup')} * ${THREADS}u + thread;
  if (i >= min(arrayLength(&x), arrayLength(&y))) { return; }
  let channel = i % CHANNELS;
  let column = i / CHANNELS % WIDTH;
  let row = i / (CHANNELS * WIDTH); // of all samples, one below the other
  let at = (2u * row) * BELOW + 2u * column * RIGHT + channel;
  ${body}
}`
}
