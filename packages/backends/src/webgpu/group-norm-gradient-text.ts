import { affineText, layoutText, type NormShape, statisticsText } from './group-norm-text.js'
import { bindings } from './shader-text.js'

/** Threads of a workgroup of the second dispatch, a channel each. */
export const CHANNELS = 64

/** How many sums over pixels the first dispatch gives for each sample and channel. */
export const sumsOf = ({ moved }: NormShape): number => (moved ? 3 : 2)

/**
 * dx and the sums over pixels: of z, of z u and, with an offset, of dx.
 *
 * @param read  the names of the tensors that are bound. Where neither mean nor centre is, they are computed again.
 */
export function inputText(norm: NormShape, read: readonly string[]): string {
  const { moved } = norm
  const vector = moved ? 'vec3<f32>' : 'vec2<f32>'
  const saved = read.includes('mean') || read.includes('centre')
  return `
${bindings({ read, write: ['dx', 'sums'] })}
${layoutText(norm)}
${saved ? '' : statisticsText(norm)}
${affineText(norm)}
fn slopeOf(value: f32) -> f32 {
  ${norm.attrs.activate ? 'let s = 1.0 / (1.0 + exp(-value)); return s * (1.0 + value * (1.0 - s));' : 'return 1.0;'}
}
fn middleOf(at: Place, mean: f32, c: u32) -> f32 {
  return ${moved ? 'centre[at.sample * CHANNELS + at.group * PER_GROUP + c]' : 'mean'};
}
var<workgroup> columns: array<${vector}, ${norm.threads}>;
@compute @workgroup_size(${norm.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(workgroup, thread);
  let group = at.sample * GROUPS + at.group;
  let statistics = ${saved ? `vec2<f32>(${moved ? '0.0' : 'mean[group]'}, rstd[group])` : 'statisticsOf(at, thread)'};
  var shares = vec2<f32>(0.0); // this thread's, of the sums of z f and z f u over the group
  for (var first = 0u; first < PER_GROUP; first += WIDTH) {
    let c = first + at.column;
    let on = at.row < ROWS && c < PER_GROUP;
    let channel = at.group * PER_GROUP + c;
    var sum = ${vector}(0.0);
    if (on) {
      let affine = affineOf(at.sample, channel);
      let middle = middleOf(at, statistics.x, c);
      for (var p = at.row; p < PIXELS; p += ROWS) {
        let i = at.start + p * CHANNELS + c;
        let unit = (x[i] - middle) * statistics.y;
        let z = dy[i] * slopeOf(unit * affine.x + affine.y);
        sum += ${vector}(z, z * unit${moved ? ', unit' : ''});
      }
    }
    columns[thread] = sum;
    workgroupBarrier();
    if (on && at.row == 0u) {
      for (var row = 1u; row < ROWS; row++) { sum += columns[thread + row * WIDTH]; }
      let j = ${sumsOf(norm)}u * (at.sample * CHANNELS + channel);
      sums[j] = sum.x;
      sums[j + 1u] = sum.y;
      ${moved ? 'sums[j + 2u] = sum.z;' : ''}
      shares += sum.xy * affineOf(at.sample, channel).x;
    }
    workgroupBarrier();
  }
  let means = vec2<f32>(total(thread, shares.x), total(thread, shares.y)) / COUNT;
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let affine = affineOf(at.sample, at.group * PER_GROUP + c);
    let middle = middleOf(at, statistics.x, c);
    ${moved ? offsetText : ''}
    for (var p = at.row; p < PIXELS; p += ROWS) {
      let i = at.start + p * CHANNELS + c;
      let unit = (x[i] - middle) * statistics.y;
      let z = dy[i] * slopeOf(unit * affine.x + affine.y);
      dx[i] = statistics.y * (z * affine.x - means.x - unit * means.y);
    }
  }
}`
}

/** The sum of dx takes the place of that of u. */
const offsetText = `
    if (at.row == 0u) {
      let j = 3u * (at.sample * CHANNELS + at.group * PER_GROUP + c);
      sums[j + 2u] = statistics.y * (sums[j] * affine.x - f32(PIXELS) * means.x - sums[j + 2u] * means.y);
    }`

/** The gradients of gamma, beta and what a sample adds: a thread for each channel, which goes through the samples. */
export function channelText(samples: number, c: number, { modulated, moved }: NormShape): string {
  const more = modulated ? ['dscale', 'dshift'] : moved ? ['doffset'] : []
  return `
${bindings({
  read: modulated ? ['sums', 'gamma', 'beta', 'scale'] : ['sums'],
  write: ['dgamma', 'dbeta', ...more],
})}
@compute @workgroup_size(${CHANNELS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  if (c >= ${c}u) { return; }
  var gammaSum = 0.0;
  var betaSum = 0.0;
  for (var sample = 0u; sample < ${samples}u; sample++) {
    let at = sample * ${c}u + c;
    let ofValue = sums[${moved ? 3 : 2}u * at];
    let ofUnit = sums[${moved ? 3 : 2}u * at + 1u];
    ${moved ? 'doffset[at] = sums[3u * at + 2u];' : ''}
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
}
