import { attentionShape, eachPart, layoutText, productText, SIDE, scoreText } from '../attention-text.js'
import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { bindings } from '../shader-text.js'

/**
 * The gradient of attention in one dispatch. With p = exp(score - logSum) and s the slope of a score,
 *
 *   s = p (dy vᵀ - dy yᵀ) / sqrt(d),   dq = s k,   dk = sᵀ q,   dv = pᵀ dy
 *
 * One half of the workgroups has 16 queries each, goes through the keys and gives dq. The other half has 16 keys each, goes
 * through the queries and gives dk and dv. So no sum is shared.
 */
export const attentionGradient: WebgpuKernel<'AttentionGradient'> = ({ inputs, attrs, backend }) => {
  const { qkv, y, logSums, dy } = inputs
  const { heads } = attrs
  const shape = attentionShape(qkv, heads)
  const { type, parts } = shape
  const slopes = backend.makeTensorInfo(qkv.shape, 'float32')
  const shader = `
${bindings({ read: [`qkv: ${type}`, `y: ${type}`, 'logSums', `dy: ${type}`], write: [`dqkv: ${type}`] })}
${layoutText(shape)}
${scoreText(shape)}
${productText(
  'valueSlope',
  shape,
  (n, i) => `dy[at(${n}) + ${i}]`,
  (n, i) => `qkv[vAt(${n}) + ${i}]`,
)}
var<workgroup> shares: array<f32, SIDE * STRIDE>;
var<workgroup> weights: array<f32, SIDE * STRIDE>;
var<workgroup> slopes: array<f32, SIDE * STRIDE>;

/** Fills weights (p) and slopes (s) for the queries from \`first\` on and the keys from \`second\` on. */
fn fill(first: u32, second: u32, row: u32, column: u32) {
  let n = min(first + row, POSITIONS - 1u);
  let scored = score(first, second, row, column) * SCALE;
  let slope = valueSlope(first, second, row, column);
  var share = 0.0; // of dy yᵀ
  for (var i = column; i < WIDTH; i += SIDE) { share += inner(dy[at(n) + i], y[at(n) + i]); }
  shares[row * STRIDE + column] = share;
  workgroupBarrier();
  var mean = 0.0;
  for (var j = 0u; j < SIDE; j++) { mean += shares[row * STRIDE + j]; }
  let on = first + row < POSITIONS && second + column < POSITIONS;
  let weight = select(0.0, exp(scored - logSums[(sample * HEADS + head) * POSITIONS + n]), on);
  weights[row * STRIDE + column] = weight;
  slopes[row * STRIDE + column] = weight * (slope - mean) * SCALE;
  workgroupBarrier();
}

@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  sample = workgroup.z;
  head = workgroup.y;
  let hasQueries = workgroup.x < BLOCKS;
  let own = workgroup.x % BLOCKS * SIDE;
  let row = local.y;
  let column = local.x;
  ${Array.from(
    { length: parts },
    (_, part) => `
  var one${part} = ${type}(); // of dq, or of dk
  var two${part} = ${type}(); // of dv`,
  ).join('')}
  for (var other = 0u; other < POSITIONS; other += SIDE) {
    let count = min(SIDE, POSITIONS - other);
    if (hasQueries) {
      fill(own, other, row, column);
      for (var j = 0u; j < count; j++) {
        let slope = slopes[row * STRIDE + j];
        let key = kAt(other + j);
        ${eachPart(shape, (part, i) => `one${part} += slope * qkv[key + ${i}];`)}
      }
    } else {
      fill(other, own, row, column);
      for (var j = 0u; j < count; j++) {
        let slope = slopes[j * STRIDE + row];
        let weight = weights[j * STRIDE + row];
        let query = qAt(other + j);
        let result = at(other + j);
        ${eachPart(shape, (part, i) => `one${part} += slope * qkv[query + ${i}]; two${part} += weight * dy[result + ${i}];`)}
      }
    }
  }
  let n = own + row;
  if (n >= POSITIONS) { return; }
  if (hasQueries) {
    ${eachPart(shape, (part, i) => `dqkv[qAt(n) + ${i}] = one${part};`)}
  } else {
    ${eachPart(shape, (part, i) => `dqkv[kAt(n) + ${i}] = one${part}; dqkv[vAt(n) + ${i}] = two${part};`)}
  }
}`
  dispatch(backend, {
    shader,
    read: [qkv, y, logSums, dy],
    write: [slopes],
    workgroups: [2 * shape.blocks, heads, shape.samples],
  })
  return { qkv: slopes }
}
