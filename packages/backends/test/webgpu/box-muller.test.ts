import { type BackendName, useBackend } from '@rectified-flow/backends'
import { expectClose, type Tolerance } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, it } from 'vitest'
import type { WebgpuBackend } from '../../src/webgpu/backend.js'
import { boxMullerText } from '../../src/webgpu/box-muller-text.js'
import { dispatch } from '../../src/webgpu/dispatch.js'
import { bindings } from '../../src/webgpu/shader-text.js'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

/** Five units in the last place. */
const rounding: Tolerance = { rtol: 5 * 2 ** -23, atol: 0 }

/** Where a branch or a quarter begins, where a float32 begins to round, and the words beside. */
const edges = [0, 1, 2, 3, 4, 5, 6, 7].map(eighth => eighth * 2 ** 29)
const words = [...edges, 2 ** 23, 2 ** 24, 0xb504f334, 0xff000000].flatMap(word =>
  [-1000, -2, -1, 0, 1, 2, 777].map(step => (word + step) >>> 0),
)
const pairs = words.flatMap(a => words.map(b => [a, b] as const))

/** In float64, from the nearest quarter turn: at its place `Rng.normals` rounds the angle to within 7e-7 of a small cosine. */
function boxMuller([a, b]: readonly [number, number]): [number, number] {
  const radius = Math.sqrt(-2 * Math.log1p(-((2 ** 32 - a - 0.5) / 2 ** 32)))
  const quarter = Math.round((b + 0.5) / 2 ** 30)
  const angle = (2 * Math.PI * (b + 0.5 - quarter * 2 ** 30)) / 2 ** 32
  let [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  for (let turn = 0; turn < quarter; turn++) [cos, sin] = [-sin, cos]
  return [radius * cos, radius * sin]
}

// Needs the optional package webgpu and a software Vulkan driver.
it.runIf(!(opened instanceof Error))('is right to the last bits at every edge', async () => {
  await useBackend('webgpu-software')
  await scope(async () => {
    const x = tf.tensor2d(Int32Array.from(pairs.flat()), [pairs.length, 2])
    const backend = tf.backend() as unknown as WebgpuBackend
    const y = backend.makeTensorInfo(x.shape, 'float32')
    const shader = `
${bindings({ read: ['x: vec2<u32>'], write: ['y: vec2<f32>'] })}
${boxMullerText}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) place: vec3<u32>) {
  if (place.x < ${pairs.length}u) { y[place.x] = boxMuller(x[place.x]); }
}`
    dispatch(backend, { shader, read: [x], write: [y], workgroups: [Math.ceil(pairs.length / 64)] })
    const expected = pairs.flatMap(boxMuller)
    await expectClose(tf.engine().makeTensorFromTensorInfo(y), expected, rounding)
  })
})
