import { attentionShape, eachPart, layoutText, SIDE, scoreText } from '../attention-text.js'
import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { bindings } from '../shader-text.js'

/**
 * Attention in one dispatch, without the N x N scores in memory (Dao et al., FlashAttention, arXiv 2205.14135). A workgroup has
 * 16 queries and goes through the keys, 16 at a time. It keeps each row's largest score so far and the sums of exp(score -
 * largest) and of the values times it; where a larger score is found, the sums shrink.
 */
export const attention: WebgpuKernel<'Attention'> = ({ inputs: { qkv }, attrs: { heads }, backend }) => {
  const [b, n, c] = qkv.shape
  const shape = attentionShape(qkv, heads)
  const { type, parts } = shape
  const y = backend.makeTensorInfo([b, n, c / 3], 'float32')
  const logSums = backend.makeTensorInfo([b, heads, n], 'float32')
  const shader = `
${bindings({ read: [`qkv: ${type}`], write: [`y: ${type}`, 'logSums'] })}
${layoutText(shape)}
${scoreText(shape)}
const LOWEST = -3.4e38;
var<workgroup> scores: array<f32, SIDE * STRIDE>;
var<workgroup> weights: array<f32, SIDE * STRIDE>;
@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  sample = workgroup.z;
  head = workgroup.y;
  let first = workgroup.x * SIDE;
  let row = local.y;
  let column = local.x;
  var largest = LOWEST;
  var sum = 0.0;
  ${Array.from({ length: parts }, (_, part) => `var values${part} = ${type}();`).join('\n  ')}
  for (var second = 0u; second < POSITIONS; second += SIDE) {
    let scored = score(first, second, row, column) * SCALE;
    scores[row * STRIDE + column] = select(LOWEST, scored, second + column < POSITIONS);
    workgroupBarrier();
    let before = largest;
    for (var j = 0u; j < SIDE; j++) { largest = max(largest, scores[row * STRIDE + j]); }
    weights[row * STRIDE + column] = select(0.0, exp(scored - largest), second + column < POSITIONS);
    workgroupBarrier();
    let shrink = exp(before - largest);
    sum *= shrink;
    ${Array.from({ length: parts }, (_, part) => `values${part} *= shrink;`).join('\n    ')}
    for (var j = 0u; j < min(SIDE, POSITIONS - second); j++) {
      let weight = weights[row * STRIDE + j];
      sum += weight;
      let value = vAt(second + j);
      ${eachPart(shape, (part, i) => `values${part} += weight * qkv[value + ${i}];`)}
    }
  }
  if (first + row >= POSITIONS) { return; }
  ${eachPart(shape, (part, i) => `y[at(first + row) + ${i}] = values${part} / sum;`)}
  if (column == 0u) { logSums[(sample * HEADS + head) * POSITIONS + first + row] = largest + log(sum); }
}`
  dispatch(backend, { shader, read: [qkv], write: [y, logSums], workgroups: [shape.blocks, heads, b] })
  return { y, logSums }
}
