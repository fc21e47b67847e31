import type { WebgpuKernel } from '../backend.js'
import { blocksText, THREADS } from '../blocks-text.js'
import { dispatch } from '../dispatch.js'
import { inRows } from '../shader-text.js'

/** A thread for each number of the half-sized image. */
export const sumBlocks: WebgpuKernel<'SumBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => {
  const [b, h, w, c] = x.shape
  const y = backend.makeTensorInfo([b, h / 2, w / 2, c], 'float32')
  const shader = blocksText(
    [w / 2, c],
    'y[i] = GAIN * (x[at] + x[at + RIGHT] + x[at + BELOW] + x[at + BELOW + RIGHT]);',
    gain,
  )
  dispatch(backend, { shader, read: [x], write: [y], workgroups: inRows(Math.ceil(x.size / 4 / THREADS)) })
  return { y }
}
