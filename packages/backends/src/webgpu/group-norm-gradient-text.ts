import { affineText, layoutText, type NormShape, statisticsText } from './group-norm-text.js'
import { bindings } from './shader-text.js'

/**
 * dx, and the sums over pixels of z u and of z for each sample and channel [2,B,C] (see kernels/group-norm-gradient.ts).
 *
 * @param read   the names of the tensors that are bound. Where neither mean nor lines is, they are computed again.
 * @param write  dx, sums, and the gradient of an offset, which is the sum of dx
 */
export function slopesText(norm: NormShape, read: readonly string[], write: readonly string[]): string {
  const { moved, shape } = norm
  const vector = moved ? 'vec3<f32>' : 'vec2<f32>'
  const saved = read.includes('mean')
  // (x - line.x) line.y are the unit numbers of a channel.
  const lineText = moved
    ? 'vec2<f32>(lines[2u * (at.sample * CHANNELS + channel)], lines[2u * (at.sample * CHANNELS + channel) + 1u])'
    : 'statistics'
  const statistics = saved ? 'vec2<f32>(mean[group], rstd[group])' : 'statisticsOf(at, thread)'
  return `
${bindings({ read, write })}
${layoutText(norm)}
${saved || moved ? '' : statisticsText(norm)}
${affineText(norm)}
const SAMPLES = ${shape[0]}u;
fn slopeOf(value: f32) -> f32 {
  ${norm.attrs.activate ? 'let s = 1.0 / (1.0 + exp(-value)); return s * (1.0 + value * (1.0 - s));' : 'return 1.0;'}
}
var<workgroup> columns: array<${vector}, ${norm.threads}>;
@compute @workgroup_size(${norm.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(workgroup, thread);
  let group = at.sample * GROUPS + at.group;
  ${moved ? '' : `let statistics = ${statistics};`}
  var shares = vec2<f32>(0.0); // this thread's, of the sums of z f and z f u over the group
  for (var first = 0u; first < PER_GROUP; first += WIDTH) {
    let c = first + at.column;
    let on = at.row < ROWS && c < PER_GROUP;
    let channel = at.group * PER_GROUP + c;
    var sum = ${vector}(0.0);
    if (on) {
      let affine = affineOf(at.sample, channel);
      let line = ${lineText};
      for (var p = at.row; p < PIXELS; p += ROWS) {
        let i = at.start + p * CHANNELS + c;
        let unit = (x[i] - line.x) * line.y;
        let z = dy[i] * slopeOf(unit * affine.x + affine.y);
        sum += ${vector}(z, z * unit${moved ? ', unit' : ''});
      }
    }
    columns[thread] = sum;
    workgroupBarrier();
    if (on && at.row == 0u) {
      for (var row = 1u; row < ROWS; row++) { sum += columns[thread + row * WIDTH]; }
      let j = at.sample * CHANNELS + channel;
      sums[j] = sum.y;
      sums[SAMPLES * CHANNELS + j] = sum.x;
      ${moved ? 'doffset[j] = sum.z; // until the means are known' : ''}
      shares += sum.xy * affineOf(at.sample, channel).x;
    }
    workgroupBarrier();
  }
  let means = vec2<f32>(total(thread, shares.x), total(thread, shares.y)) / COUNT;
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let channel = at.group * PER_GROUP + c;
    let affine = affineOf(at.sample, channel);
    let line = ${lineText};
    ${moved ? offsetText : ''}
    for (var p = at.row; p < PIXELS; p += ROWS) {
      let i = at.start + p * CHANNELS + c;
      let unit = (x[i] - line.x) * line.y;
      let z = dy[i] * slopeOf(unit * affine.x + affine.y);
      dx[i] = line.y * (z * affine.x - means.x - unit * means.y);
    }
  }
}`
}

/** The sum of dx takes the place of that of u. */
const offsetText = `
    if (at.row == 0u) {
      let j = at.sample * CHANNELS + channel;
      let ofValue = sums[SAMPLES * CHANNELS + j];
      doffset[j] = line.y * (ofValue * affine.x - f32(PIXELS) * means.x - doffset[j] * means.y);
    }`

/** Threads of a workgroup of the shader below, a channel each. */
export const CHANNELS = 64

/** The gradients of gamma, beta, scale and shift, from the sums: a thread for each channel, which goes through the samples. */
export const modulationText = (samples: number, c: number): string => `
${bindings({
  read: ['sums', 'gamma', 'beta', 'scale'],
  write: ['dgamma', 'dbeta', 'dscale', 'dshift'],
})}
@compute @workgroup_size(${CHANNELS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  if (c >= ${c}u) { return; }
  var gammaSum = 0.0;
  var betaSum = 0.0;
  for (var sample = 0u; sample < ${samples}u; sample++) {
    let at = sample * ${c}u + c;
    let ofUnit = sums[at];
    let ofValue = sums[${samples * c}u + at];
    let gain = 1.0 + scale[at];
    dscale[at] = ofUnit * gamma[c] + ofValue * beta[c];
    dshift[at] = ofValue;
    gammaSum += ofUnit * gain;
    betaSum += ofValue * gain;
  }
  dgamma[c] = gammaSum;
  dbeta[c] = betaSum;
}`
