import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend, WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { inPlace } from '../in-place.js'
import { bindings, inRows, packUniforms, unitOf } from '../shader-text.js'

const THREADS = 256

const shader = `
${bindings({
  read: ['gradient'],
  write: ['weight', 'm', 'v', 'ema'],
  uniforms: `rate: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, epsilon: f32, correction: f32,
  emaDecay: f32, emaRest: f32`,
})}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${unitOf('workgroup')} * ${THREADS}u + thread;
  if (i >= arrayLength(&gradient)) { return; }
  let slope = gradient[i];
  let mNext = uniforms.beta1 * m[i] + uniforms.rest1 * slope;
  let vNext = uniforms.beta2 * v[i] + uniforms.rest2 * slope * slope;
  let weightNext = weight[i] - uniforms.rate * mNext / (sqrt(vNext * uniforms.correction) + uniforms.epsilon);
  m[i] = mNext;
  v[i] = vNext;
  weight[i] = weightNext;
  ema[i] = uniforms.emaDecay * ema[i] + uniforms.emaRest * weightNext;
}`

/** Adam and the moving average in one dispatch, in place where nothing else has the same buffer. */
export const adamEma: WebgpuKernel<'AdamEma'> = ({ inputs, attrs, backend }) => {
  const { gradient } = inputs
  const others = Object.values(inputs)
  const own = (tensor: tf.Tensor): tf.TensorInfo => {
    const handles = others.filter(({ dataId }) => dataId === tensor.dataId).length
    return handles === 1 && backend.refCount(tensor.dataId) === 1
      ? inPlace(backend, tensor)
      : copy(backend, tensor)
  }
  // All are made before any is written.
  const next = { weight: own(inputs.weight), m: own(inputs.m), v: own(inputs.v), ema: own(inputs.ema) }
  const { rate, beta1, beta2, epsilon, correction, emaDecay } = attrs
  // 1 - beta from float64: in float32, 1 - 0.999 is wrong by 1e-5 of itself.
  const numbers = [rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, correction, emaDecay, 1 - emaDecay]
  dispatch(backend, {
    shader,
    read: [gradient],
    write: Object.values(next),
    uniforms: packUniforms(...numbers.map(f32 => ({ f32 }))),
    workgroups: inRows(Math.ceil(inputs.weight.size / THREADS)),
  })
  return next
}

function copy(backend: WebgpuBackend, tensor: tf.Tensor): tf.TensorInfo {
  const made = backend.makeTensorInfo(tensor.shape, 'float32')
  if (tensor.size === 0) return made
  const [from, to] = [tensor, made].map(({ dataId }) => {
    backend.uploadToGPU(dataId)
    backend.commandQueueOwnedIds.add(dataId)
    return backend.tensorMap.get(dataId).resource!
  }) as [GPUBuffer, GPUBuffer]
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.commandEncoder!.copyBufferToBuffer(from, 0, to, 0, from.size)
  return made
}
