import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { affineText, layoutText, normShape, statisticsText } from '../group-norm-text.js'
import { bindings } from '../shader-text.js'

type Norm = ReturnType<typeof normShape>

/** Storage buffers that the shader of a modulated norm's gradient binds with the saved mean and rstd. */
const BUFFERS = 10

/** Threads of a workgroup of the second dispatch, a channel each. */
const CHANNELS = 64

/**
 * The gradients of group normalisation in two dispatches. With u the unit numbers, z the slope of what gamma, beta and the
 * modulation make of them (through silu where it is), and f what u is multiplied by:
 *
 *   dx = rstd (z f - mean(z f) - u mean(z f u)),   means over the group
 *
 * The first gives dx and, for each sample and channel, the sums of z and z u over pixels; the second makes of these the
 * gradients of gamma, beta, scale and shift.
 */
export const groupNormGradient: WebgpuKernel<'GroupNormGradient'> = ({ inputs, attrs, backend }) => {
  const { dy, x, gamma, beta, scale, shift, mean, rstd } = inputs
  const norm = normShape(inputs, attrs)
  const [b, , , c] = x.shape
  const make = (shape: readonly number[]) => backend.makeTensorInfo(shape, 'float32')

  const [dx, sums] = [make(x.shape), make([b, c, 2])]
  const saved = !norm.modulated || backend.device.limits.maxStorageBuffersPerShaderStage >= BUFFERS
  dispatch(backend, {
    shader: inputText(norm, saved),
    read: [dy, x, gamma, beta, ...(scale && shift ? [scale, shift] : []), ...(saved ? [mean, rstd] : [])],
    write: [dx, sums],
    workgroups: [attrs.groups, b],
  })
  const slopes = { x: dx, gamma: make([c]), beta: make([c]) }
  const modulation = norm.modulated ? { scale: make([b, c]), shift: make([b, c]) } : {}
  dispatch(backend, {
    shader: channelText(b, c, norm.modulated),
    read: scale ? [sums, gamma, beta, scale] : [sums],
    write: [slopes.gamma, slopes.beta, ...Object.values(modulation)],
    workgroups: [Math.ceil(c / CHANNELS)],
  })
  backend.disposeData(sums.dataId)
  return { ...slopes, ...modulation }
}

/** dx and the sums. Where mean and rstd can't be bound (see BUFFERS) they are computed again. */
const inputText = (norm: Norm, saved: boolean): string => `
${bindings({
  read: [
    ...['dy', 'x', 'gamma', 'beta'],
    ...(norm.modulated ? ['scale', 'shift'] : []),
    ...(saved ? ['mean', 'rstd'] : []),
  ],
  write: ['dx', 'sums'],
})}
${layoutText(norm)}
${saved ? '' : statisticsText(norm)}
${affineText(norm)}
fn slopeOf(value: f32) -> f32 {
  ${norm.attrs.activate ? 'let s = 1.0 / (1.0 + exp(-value)); return s * (1.0 + value * (1.0 - s));' : 'return 1.0;'}
}
var<workgroup> columns: array<vec2<f32>, ${norm.threads}>;
@compute @workgroup_size(${norm.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(workgroup, thread);
  let statistics = ${saved ? `vec2<f32>(mean[at.sample * GROUPS + at.group], rstd[at.sample * GROUPS + at.group])` : 'statisticsOf(at, thread)'};
  var shares = vec2<f32>(0.0); // this thread's, of the sums of z f and z f u over the group
  for (var first = 0u; first < PER_GROUP; first += WIDTH) {
    let c = first + at.column;
    let on = at.row < ROWS && c < PER_GROUP;
    let channel = at.group * PER_GROUP + c;
    var sum = vec2<f32>(0.0);
    if (on) {
      let affine = affineOf(at.sample, channel);
      for (var p = at.row; p < PIXELS; p += ROWS) {
        let i = at.start + p * CHANNELS + c;
        let unit = (x[i] - statistics.x) * statistics.y;
        let z = dy[i] * slopeOf(unit * affine.x + affine.y);
        sum += vec2<f32>(z, z * unit);
      }
    }
    columns[thread] = sum;
    workgroupBarrier();
    if (on && at.row == 0u) {
      for (var row = 1u; row < ROWS; row++) { sum += columns[thread + row * WIDTH]; }
      let j = 2u * (at.sample * CHANNELS + channel);
      sums[j] = sum.x;
      sums[j + 1u] = sum.y;
      shares += sum * affineOf(at.sample, channel).x;
    }
    workgroupBarrier();
  }
  let means = vec2<f32>(total(thread, shares.x), total(thread, shares.y)) / COUNT;
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let affine = affineOf(at.sample, at.group * PER_GROUP + c);
    for (var p = at.row; p < PIXELS; p += ROWS) {
      let i = at.start + p * CHANNELS + c;
      let unit = (x[i] - statistics.x) * statistics.y;
      let z = dy[i] * slopeOf(unit * affine.x + affine.y);
      dx[i] = statistics.y * (z * affine.x - means.x - unit * means.y);
    }
  }
}`

/** The gradients of gamma, beta, scale and shift: a thread for each channel, which goes through the samples. */
const channelText = (b: number, c: number, modulated: boolean): string => `
${bindings({
  read: modulated ? ['sums', 'gamma', 'beta', 'scale'] : ['sums'],
  write: modulated ? ['dgamma', 'dbeta', 'dscale', 'dshift'] : ['dgamma', 'dbeta'],
})}
@compute @workgroup_size(${CHANNELS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  if (c >= ${c}u) { return; }
  var gammaSum = 0.0;
  var betaSum = 0.0;
  for (var sample = 0u; sample < ${b}u; sample++) {
    let at = sample * ${c}u + c;
    let ofValue = sums[2u * at];
    let ofUnit = sums[2u * at + 1u];
    ${
      modulated
        ? `let gain = 1.0 + scale[at];
    dscale[at] = ofUnit * gamma[c] + ofValue * beta[c];
    dshift[at] = ofValue;`
        : 'let gain = 1.0;'
    }
    gammaSum += ofUnit * gain;
    betaSum += ofValue * gain;
  }
  dgamma[c] = gammaSum;
  dbeta[c] = betaSum;
}`
