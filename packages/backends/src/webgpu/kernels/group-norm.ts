import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Modulation, NormAttrs, NormInputs, Offset } from '../../kernels/table.js'
import type { WebgpuBackend, WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { affineText, layoutText, normShape, statisticsText } from '../group-norm-text.js'
import { bindings } from '../shader-text.js'

/** Group normalisation with its affine part, modulation and activation in one dispatch: a workgroup for each group. */
export const groupNorm: WebgpuKernel<'GroupNorm'> = ({ inputs, attrs, backend }) => {
  const shape = [inputs.x.shape[0], attrs.groups]
  const mean = backend.makeTensorInfo(shape, 'float32')
  const rstd = backend.makeTensorInfo(shape, 'float32')
  return { y: normalise(backend, inputs, attrs, { mean, rstd }), mean, rstd }
}

/** The same of x + offset. */
export const groupNormOffset: WebgpuKernel<'GroupNormOffset'> = ({ inputs, attrs, backend }) => {
  const [b, , , c] = inputs.x.shape
  const lines = backend.makeTensorInfo([b, c, 2], 'float32')
  return { y: normalise(backend, inputs, attrs, { lines }), lines }
}

function normalise(
  backend: WebgpuBackend,
  { x, gamma, beta, offset, scale, shift }: NormInputs & Partial<Modulation & Offset>,
  attrs: NormAttrs,
  saved: Record<string, TensorInfo>,
): TensorInfo {
  const norm = normShape({ x, scale }, attrs, { moved: offset !== undefined })
  const y = backend.makeTensorInfo(x.shape, 'float32')
  const read = { x, gamma, beta, ...(offset && { offset }), ...(scale && shift && { scale, shift }) }
  const saveGroup = `if (thread == 0u) {
    mean[at.sample * GROUPS + at.group] = statistics.x;
    rstd[at.sample * GROUPS + at.group] = statistics.y;
  }`
  const saveChannel = `if (at.row == 0u) {
      lines[2u * (at.sample * CHANNELS + channel)] = middle;
      lines[2u * (at.sample * CHANNELS + channel) + 1u] = statistics.y;
    }`
  const shader = `
${bindings({ read: Object.keys(read), write: ['y', ...Object.keys(saved)] })}
${layoutText(norm)}
${statisticsText(norm)}
${affineText(norm)}
@compute @workgroup_size(${norm.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(workgroup, thread);
  let statistics = statisticsOf(at, thread);
  ${norm.moved ? '' : saveGroup}
  for (var c = at.column; c < PER_GROUP && at.row < ROWS; c += WIDTH) {
    let channel = at.group * PER_GROUP + c;
    let middle = statistics.x - offsetOf(at.sample, channel);
    ${norm.moved ? saveChannel : ''}
    let affine = affineOf(at.sample, channel);
    let factor = affine.x * statistics.y;
    for (var p = at.row; p < PIXELS; p += ROWS) {
      let i = at.start + p * CHANNELS + c;
      let value = (x[i] - middle) * factor + affine.y;
      y[i] = ${attrs.activate ? 'value / (1.0 + exp(-value))' : 'value'};
    }
  }
}`
  dispatch(backend, {
    shader,
    read: Object.values(read),
    write: [y, ...Object.values(saved)],
    workgroups: [attrs.groups, x.shape[0]],
  })
  return y
}
