/** Threads of the largest workgroup that every device can run. */
export const MOST_THREADS = 256

/** The threads that add first. */
const SIDE = 16

/**
 * `total(thread, value)` in WGSL: the sum of the values of all threads of a workgroup. It adds in a fixed order, and every
 * thread gets the sum. Every thread must call it.
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
