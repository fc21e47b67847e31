import type { WebgpuKernel } from '../backend.js'
import { draw, drawing } from '../draw.js'

/** The upper 24 bits of a word, which a float32 holds exactly: the numbers are the host's. */
const shader = drawing(
  'fn numbers(words: vec4<u32>) -> vec4<f32> { return vec4<f32>(words >> vec4<u32>(8u)) * 0x1p-24; }',
)

export const randomUniform: WebgpuKernel<'RandomUniform'> = ({ attrs, backend }) => ({
  y: draw(backend, shader, attrs),
})
