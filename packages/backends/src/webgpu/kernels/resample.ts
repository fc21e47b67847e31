import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { resampleText, THREADS } from '../resample-text.js'
import { inRows } from '../shader-text.js'

const resample =
  (direction: 'up' | 'down'): WebgpuKernel<'ResampleUp' | 'ResampleDown'> =>
  ({ inputs: { x }, attrs: { taps }, backend }) => {
    const [b, h, w, c] = x.shape
    const factor = direction === 'up' ? 2 : 1 / 2
    const y = backend.makeTensorInfo([b, factor * h, factor * w, c], 'float32')
    dispatch(backend, {
      shader: resampleText(direction, x.shape, taps),
      read: [x],
      write: [y],
      workgroups: inRows(Math.ceil((x.size * factor ** 2) / THREADS)),
    })
    return { y }
  }

export const resampleUp = resample('up')
export const resampleDown = resample('down')
