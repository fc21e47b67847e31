import type { WebgpuKernel } from '../backend.js'
import { normalsText } from '../box-muller-text.js'
import { draw, drawing } from '../draw.js'

const shader = drawing(normalsText)

export const randomNormal: WebgpuKernel<'RandomNormal'> = ({ attrs, backend }) => ({
  y: draw(backend, shader, attrs),
})
