import type * as tf from '@tensorflow/tfjs-core'
import { bindings, unitOf } from './shader-text.js'

/** A number for each index of a shape, computed from the operands' numbers at that index. */
export interface Expression {
  shape: readonly number[]
  /** The number in WGSL, from the operands in WGSL. */
  formula: (...operands: string[]) => string
  operands: readonly Operand[]
}

/** An operand's numbers, in a shape that broadcasts to the expression's. */
export type Operand =
  | { shape: readonly number[]; expression: Expression }
  | { shape: readonly number[]; tensor: tf.TensorInfo }
  | { shape: readonly number[]; value: number }

/** Threads of a workgroup, each with one number. */
export const THREADS = 256

/** A shader that computes an expression, with the tensors and the values that it reads, in the order of its bindings. */
export function expressionText(root: Expression): {
  shader: string
  tensors: tf.TensorInfo[]
  values: number[]
} {
  const tensors: tf.TensorInfo[] = []
  const values: number[] = []
  const lines: string[] = []
  const names = new Map<Expression, Map<string, string>>() // by expression and index: what is used twice is computed once

  const textOf = (operand: Operand, index: string): string => {
    if ('expression' in operand) return nameOf(operand.expression, index)
    if ('value' in operand) return `uniforms.n${values.push(operand.value) - 1}`
    const known = tensors.findIndex(({ dataId }) => dataId === operand.tensor.dataId)
    return `x${known < 0 ? tensors.push(operand.tensor) - 1 : known}[${index}]`
  }
  const nameOf = (expression: Expression, index: string): string => {
    const ofExpression = names.get(expression) ?? new Map<string, string>()
    names.set(expression, ofExpression)
    const known = ofExpression.get(index)
    if (known) return known
    const { shape, formula, operands } = expression
    const texts = operands.map(operand => textOf(operand, indexIn(operand.shape, shape, index)))
    const name = `v${lines.length}`
    lines.push(`let ${name} = ${formula(...texts)};`)
    ofExpression.set(index, name)
    return name
  }

  const result = nameOf(root, 'i')
  const uniforms = values.map((_, i) => `n${i}: f32`).join(', ')
  const shader = `
${bindings({ read: tensors.map((_, i) => `x${i}`), write: ['y'], ...(uniforms && { uniforms }) })}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${unitOf('workgroup')} * ${THREADS}u + thread;
  if (i >= arrayLength(&y)) { return; }
  ${lines.join('\n  ')}
  y[i] = ${result};
}`
  return { shader, tensors, values }
}

/** In WGSL: which number of an operand goes to number `index` of a shape that the operand is broadcast to. */
function indexIn(operand: readonly number[], shape: readonly number[], index: string): string {
  const missing = shape.length - operand.length
  const terms: string[] = []
  // Neighbouring axes in which both go along are one run; strides are those of its last axis.
  let [stride, operandStride] = [1, 1]
  for (let axis = shape.length - 1; axis >= 0; ) {
    const [first, start] = [stride, operandStride]
    while (axis >= 0 && operand[axis - missing] === shape[axis]) {
      stride *= shape[axis]!
      operandStride *= shape[axis]!
      axis--
    }
    const run = stride / first
    if (run > 1) {
      const along = first === 1 ? index : `${index} / ${first}u`
      const inside = axis < 0 ? along : `${along} % ${run}u`
      terms.push(start === 1 ? `(${inside})` : `(${inside}) * ${start}u`)
    }
    for (; axis >= 0 && operand[axis - missing] !== shape[axis]; axis--) stride *= shape[axis]!
  }
  if (terms.length === 0) return '0u'
  return terms.length === 1 && terms[0] === `(${index})` ? index : `(${terms.join(' + ')})`
}
