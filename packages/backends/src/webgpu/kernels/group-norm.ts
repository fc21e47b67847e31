import type { Modulation } from '../../kernels/table.js'
import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { affineText, layoutText, normShape, statisticsText } from '../group-norm-text.js'
import { bindings } from '../shader-text.js'

/** Group normalisation with its affine part, modulation and activation in one dispatch: a workgroup for each group. */
export const groupNorm: WebgpuKernel<'GroupNorm'> = ({ inputs, attrs, backend }) => {
  const { x, gamma, beta, scale, shift }: typeof inputs & Partial<Modulation> = inputs
  const { groups } = attrs
  const norm = normShape({ x, scale }, attrs)
  const y = backend.makeTensorInfo(x.shape, 'float32')
  const mean = backend.makeTensorInfo([x.shape[0], groups], 'float32')
  const rstd = backend.makeTensorInfo([x.shape[0], groups], 'float32')
  const shader = `
${bindings({
  read: norm.modulated ? ['x', 'gamma', 'beta', 'scale', 'shift'] : ['x', 'gamma', 'beta'],
  write: ['y', 'mean', 'rstd'],
})}
${layoutText(norm)}
${statisticsText(norm)}
${affineText(norm)}
@compute @workgroup_size(${norm.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(workgroup, thread);
  let statistics = statisticsOf(at, thread);
  if (thread == 0u) {
    mean[at.sample * GROUPS + at.group] = statistics.x;
    rstd[at.sample * GROUPS + at.group] = statistics.y;
  }
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let affine = affineOf(at.sample, at.group * PER_GROUP + c);
    let factor = affine.x * statistics.y;
    for (var p = at.row; p < PIXELS; p += ROWS) {
      let i = at.start + p * CHANNELS + c;
      let value = (x[i] - statistics.x) * factor + affine.y;
      y[i] = ${attrs.activate ? 'value / (1.0 + exp(-value))' : 'value'};
    }
  }
}`
  const read = scale && shift ? [x, gamma, beta, scale, shift] : [x, gamma, beta]
  dispatch(backend, { shader, read, write: [y, mean, rstd], workgroups: [groups, x.shape[0]] })
  return { y, mean, rstd }
}
