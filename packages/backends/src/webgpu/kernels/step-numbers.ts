import { UNCHANGED } from '../../ops/adam-numbers.js'
import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { bindings, packUniforms } from '../shader-text.js'
import { MOST_THREADS as THREADS, totalText } from '../sum-of-workgroup.js'

/** float32's exponent: all of its bits are 1 in an infinity and in NaN. Shaders may assume that there are none, so test bits. */
const EXPONENT = '0x7f800000u'

const shader = `
${bindings({
  read: ['schedule', 'before', 'losses', 'squares'],
  write: ['numbers', 'skipped'],
  uniforms: 'clipNorm: f32, clips: u32',
})}
${totalText(THREADS)}
const UNCHANGED = array<f32, ${UNCHANGED.length}>(${UNCHANGED.map(value => value.toFixed(1)).join(', ')});
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) thread: u32) {
  var loss = 0.0;
  for (var i = thread; i < arrayLength(&losses); i += ${THREADS}u) { loss += losses[i]; }
  var square = 0.0;
  for (var i = thread; i < arrayLength(&squares); i += ${THREADS}u) { square += squares[i]; }
  let losses = total(thread, loss);
  workgroupBarrier();
  let squares = total(thread, square);
  if (thread >= ${UNCHANGED.length}u) { return; }
  let finite = (bitcast<u32>(losses + squares) & ${EXPONENT}) != ${EXPONENT};
  let row = select(0u, ${UNCHANGED.length}u, before[0] != 0.0);
  let scale = schedule[row];
  let clip = select(1.0, min(1.0, uniforms.clipNorm / (sqrt(squares) / scale)), uniforms.clips == 1u);
  let given = select(schedule[row + thread], clip / scale, thread == 0u);
  numbers[thread] = select(UNCHANGED[thread], given, finite);
  if (thread == 0u) { skipped[0] = select(1.0, 0.0, finite); }
}`

/** One workgroup adds up the losses and the squares, and decides. */
export const stepNumbers: WebgpuKernel<'StepNumbers'> = ({ inputs, attrs, backend }) => {
  const numbers = backend.makeTensorInfo([UNCHANGED.length], 'float32')
  const skipped = backend.makeTensorInfo([1], 'float32')
  const { clipNorm } = attrs
  const clips = clipNorm !== Infinity
  const uniforms = packUniforms({ f32: clips ? clipNorm : 0 }, { u32: clips ? 1 : 0 })
  const read = [inputs.schedule, inputs.skipped, inputs.losses, inputs.squares]
  dispatch(backend, { shader, read, write: [numbers, skipped], uniforms, workgroups: [1] })
  return { numbers, skipped }
}
