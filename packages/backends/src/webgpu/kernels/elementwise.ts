import * as tf from '@tensorflow/tfjs-core'
import type { Replacements } from '../../kernels/register-kernels.js'
import type { StockTable } from '../../kernels/stock-table.js'
import type { WebgpuBackend, WebgpuReplacement } from '../backend.js'
import { defer } from '../defer.js'
import type { Expression } from '../expression.js'

type Unary = 'Cos' | 'Exp' | 'Log' | 'Neg' | 'Round' | 'Rsqrt' | 'Sigmoid' | 'Sin' | 'Sqrt' | 'Square'
type Binary = 'Add' | 'Multiply' | 'RealDiv' | 'SquaredDifference' | 'Sub'

/** Operations on single numbers in WGSL, which wait until their result is read (see defer.ts). */
const unary: Record<Unary, Expression['formula']> = {
  Cos: a => `cos(${a})`,
  Exp: a => `exp(${a})`,
  Log: (a, nan) => `select(log(${a}), ${nan}, ${a} < 0.0)`,
  Neg: a => `-${a}`,
  Round: a => `round(${a})`,
  Rsqrt: a => `inverseSqrt(${a})`,
  Sigmoid: a => `1.0 / (1.0 + exp(-${a}))`,
  Sin: a => `sin(${a})`,
  Sqrt: a => `sqrt(${a})`,
  Square: a => `${a} * ${a}`,
}

const binary: Record<Binary, Expression['formula']> = {
  Add: (a, b) => `${a} + ${b}`,
  Multiply: (a, b) => `${a} * ${b}`,
  RealDiv: (a, b) => `${a} / ${b}`,
  SquaredDifference: (a, b) => `(${a} - ${b}) * (${a} - ${b})`,
  Sub: (a, b) => `${a} - ${b}`,
}

/** Whether to leave these inputs to tfjs: other types, and empty tensors. */
const isStock = (...inputs: tf.Tensor[]): boolean =>
  inputs.some(({ dtype, size }) => dtype !== 'float32' || size === 0)

const ofOne =
  (formula: Expression['formula']): WebgpuReplacement<Unary> =>
  stock =>
  args => {
    const { x } = args.inputs
    if (isStock(x)) return stock(args)
    return defer(args.backend, formula, formula === unary.Log ? [x, Number.NaN] : [x], x.shape)
  }

const ofTwo =
  (formula: Expression['formula']): WebgpuReplacement<Binary> =>
  stock =>
  args => {
    const { a, b } = args.inputs
    if (isStock(a, b)) return stock(args)
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape)
    return defer(args.backend, formula, [a, b], shape)
  }

const clip: WebgpuReplacement<'ClipByValue'> = stock => args => {
  const { x } = args.inputs
  const { clipValueMin, clipValueMax } = args.attrs
  if (isStock(x)) return stock(args)
  const formula: Expression['formula'] = (a, least, most) =>
    `select(clamp(${a}, ${least}, ${most}), ${a}, (bitcast<u32>(${a}) & 0x7fffffffu) > 0x7f800000u)` // NaN stays NaN
  return defer(args.backend, formula, [x, clipValueMin, clipValueMax], x.shape)
}

const each = <Name extends keyof StockTable>(
  formulas: Record<string, Expression['formula']>,
  replacement: (formula: Expression['formula']) => WebgpuReplacement<Name>,
) => Object.fromEntries(Object.entries(formulas).map(([name, formula]) => [name, replacement(formula)]))

export const elementwise: Replacements<WebgpuBackend> = {
  ...each(unary, ofOne),
  ...each(binary, ofTwo),
  ClipByValue: clip,
}
