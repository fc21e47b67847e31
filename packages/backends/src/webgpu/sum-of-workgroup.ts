/** Threads of a workgroup that sums up: as many as WebGPU promises. */
export const THREADS = 256

/**
 * `total(thread, value)` in WGSL: the sum of the values of all threads, by halves, so in one order. Every thread of the
 * workgroup has to call it.
 */
export const totalText = `
var<workgroup> partial: array<f32, ${THREADS}>;
fn total(thread: u32, value: f32) -> f32 {
  partial[thread] = value;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    if (thread < half) { partial[thread] += partial[thread + half]; }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier(); // before the next call writes
  return sum;
}`
