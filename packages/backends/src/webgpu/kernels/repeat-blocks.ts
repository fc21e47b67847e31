import type { WebgpuKernel } from '../backend.js'
import { blocksText, THREADS } from '../blocks-text.js'
import { dispatch } from '../dispatch.js'
import { inRows } from '../shader-text.js'

/** A thread for each number of the image, which it writes four times. */
export const repeatBlocks: WebgpuKernel<'RepeatBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => {
  const [b, h, w, c] = x.shape
  const y = backend.makeTensorInfo([b, 2 * h, 2 * w, c], 'float32')
  const shader = blocksText(
    [w, c],
    `let value = GAIN * x[i];
  y[at] = value;
  y[at + RIGHT] = value;
  y[at + BELOW] = value;
  y[at + BELOW + RIGHT] = value;`,
    gain,
  )
  dispatch(backend, { shader, read: [x], write: [y], workgroups: inRows(Math.ceil(x.size / THREADS)) })
  return { y }
}
