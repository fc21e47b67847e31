import { checkOneOf, describe } from '@rectified-flow/core'

/** A step of a backbone. A convolution (followed by ReLU) names its tensors; 'tap' marks the features that LPIPS compares. */
export type Step =
  | { kind: 'conv'; name: string; inputs: number; outputs: number; size: number; stride: number; pad: number }
  | { kind: 'fire'; name: string; inputs: number; squeeze: number; expand: number }
  | { kind: 'pool'; size: number; ceil: boolean }
  | { kind: 'tap' }

/** The backbones of the lpips package, as torchvision names them. */
export type Backbone = 'vgg16' | 'alexnet' | 'squeezenet1_1'

const tap: Step = { kind: 'tap' }
const pool = (size: number, ceil = false): Step => ({ kind: 'pool', size, ceil })
const conv = (at: number, inputs: number, outputs: number, size = 3, stride = 1, pad = 1): Step => ({
  kind: 'conv',
  name: `features.${at}`,
  inputs,
  outputs,
  size,
  stride,
  pad,
})
const fire = (at: number, inputs: number, squeeze: number, expand: number): Step => ({
  kind: 'fire',
  name: `features.${at}`,
  inputs,
  squeeze,
  expand,
})

/** The steps up to the last layer that LPIPS compares. Later layers in torchvision's files are not read. */
export const backbones: Readonly<Record<Backbone, readonly Step[]>> = {
  vgg16: [
    ...[conv(0, 3, 64), conv(2, 64, 64), tap, pool(2)],
    ...[conv(5, 64, 128), conv(7, 128, 128), tap, pool(2)],
    ...[conv(10, 128, 256), conv(12, 256, 256), conv(14, 256, 256), tap, pool(2)],
    ...[conv(17, 256, 512), conv(19, 512, 512), conv(21, 512, 512), tap, pool(2)],
    ...[conv(24, 512, 512), conv(26, 512, 512), conv(28, 512, 512), tap],
  ],
  alexnet: [
    ...[conv(0, 3, 64, 11, 4, 2), tap, pool(3)],
    ...[conv(3, 64, 192, 5, 1, 2), tap, pool(3)],
    ...[conv(6, 192, 384), tap],
    ...[conv(8, 384, 256), tap],
    ...[conv(10, 256, 256), tap],
  ],
  squeezenet1_1: [
    ...[conv(0, 3, 64, 3, 2, 0), tap, pool(3, true)],
    ...[fire(3, 64, 16, 64), fire(4, 128, 16, 64), tap, pool(3, true)],
    ...[fire(6, 128, 32, 128), fire(7, 256, 32, 128), tap, pool(3, true)],
    ...[fire(9, 256, 48, 192), tap],
    ...[fire(10, 384, 48, 192), tap],
    ...[fire(11, 384, 64, 256), tap],
    ...[fire(12, 512, 64, 256), tap],
  ],
}

/** The convolutions of a step, as conv steps: a fire module has three. */
export function convolutions(step: Step): Extract<Step, { kind: 'conv' }>[] {
  if (step.kind === 'conv') return [step]
  if (step.kind !== 'fire') return []
  const { name, inputs, squeeze, expand } = step
  const part = (suffix: string, from: number, to: number, size: number, pad: number) =>
    ({ kind: 'conv', name: `${name}.${suffix}`, inputs: from, outputs: to, size, stride: 1, pad }) as const
  return [
    part('squeeze', inputs, squeeze, 1, 0),
    part('expand1x1', squeeze, expand, 1, 0),
    part('expand3x3', squeeze, expand, 3, 1),
  ]
}

/**
 * The tensors of a backbone, in the order of its layers, with PyTorch's shapes: weights [O,I,h,w], biases [O]. For networks
 * of your own with the same shapes.
 */
export function backboneShapes(backbone: Backbone): Map<string, number[]> {
  checkOneOf('losses-lpips-huber.backboneShapes', 'backbone', backbone, Object.keys(backbones))
  const shapes = new Map<string, number[]>()
  for (const { name, inputs, outputs, size } of backbones[backbone].flatMap(convolutions)) {
    shapes.set(`${name}.weight`, [outputs, inputs, size, size])
    shapes.set(`${name}.bias`, [outputs])
  }
  return shapes
}

/** How many channels each tap has. */
export function tapWidths(backbone: Backbone): number[] {
  const widths: number[] = []
  let width = 0
  for (const step of backbones[backbone]) {
    if (step.kind === 'conv') width = step.outputs
    if (step.kind === 'fire') width = 2 * step.expand
    if (step.kind === 'tap') widths.push(width)
  }
  return widths
}

/** The backbone whose tensors have these names. */
export function detectBackbone(where: string, tensors: ReadonlyMap<string, { shape: number[] }>): Backbone {
  if (tensors.has('features.3.squeeze.weight')) return 'squeezenet1_1'
  if (tensors.get('features.0.weight')?.shape[2] === 11) return 'alexnet'
  if (tensors.has('features.28.weight')) return 'vgg16'
  const first = [...tensors.keys()].slice(0, 3)
  throw new RangeError(
    `${where}: backbone must have the tensors of torchvision's vgg16, alexnet or squeezenet1_1, got ${describe(first)}.`,
  )
}
