/** Threads of the largest workgroup that every device runs. */
export const MOST_THREADS = 256

/** Threads that add up first. */
const SIDE = 16

/**
 * `total(thread, value)` in WGSL: the sum of the values of all threads of a workgroup, in one order, for each of them. Every
 * thread has to call it.
 *
 * @param threads  a multiple of SIDE
 */
export const totalText = (threads: number): string => `
var<workgroup> values: array<f32, ${threads}>;
var<workgroup> rows: array<f32, ${SIDE}>;
fn total(thread: u32, value: f32) -> f32 {
  values[thread] = value;
  workgroupBarrier();
  if (thread < ${SIDE}u) {
    var sum = 0.0;
    for (var i = thread; i < ${threads}u; i += ${SIDE}u) { sum += values[i]; }
    rows[thread] = sum;
  }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < ${SIDE}u; i++) { sum += rows[i]; }
  return sum;
}`
