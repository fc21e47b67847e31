import type { Layer } from './layers.js'

/** Initial numbers of a weight: all equal, uniform in (-bound, bound), or normal N(0, deviation²). */
export type Init = { constant: number } | { uniform: number } | { normal: number }

export interface WeightEntry {
  /** Shape here: conv [h,w,I,O], linear [in,out]. */
  shape: number[]
  init: Init
}

export type WeightTable = Map<string, WeightEntry>

/** Initial numbers of a weight and its bias, from the weight's fan in and fan out. */
export type Scheme = (fanIn: number, fanOut: number) => { weight: Init; bias: Init }

/** Xavier uniform: U(-a, a) with a = gain sqrt(6 / (fan in + fan out)); biases are 0. */
export const xavier =
  (gain = 1): Scheme =>
  (fanIn, fanOut) => ({ weight: { uniform: gain * Math.sqrt(6 / (fanIn + fanOut)) }, bias: { constant: 0 } })

/** Kaiming uniform times sqrt(1/3): weight and bias U(-a, a) with a = sqrt(1 / fan in), PyTorch's default. */
export const kaiming: Scheme = fanIn => {
  const init = { uniform: Math.sqrt(1 / fanIn) }
  return { weight: init, bias: init }
}

export const zeros: Scheme = () => ({ weight: { constant: 0 }, bias: { constant: 0 } })

export function addLinear(
  table: WeightTable,
  name: string,
  [input, out]: readonly [number, number],
  scheme: Scheme,
  bias = true,
): void {
  addWeight(table, name, [input, out], scheme(input, out), bias)
}

/** Schemes for the layers of a network. Attention has its own; the last layer of a branch begins with small numbers. */
export interface LayerSchemes {
  usual: Scheme
  attention: Scheme
  last: Scheme
}

/**
 * Add the weights of the layers, under the reference's names and in its order.
 *
 * @param embedding  the embedding's length, and how many numbers a block takes from it per channel
 */
export function addLayers(
  table: WeightTable,
  layers: readonly Layer[],
  { usual, attention, last }: LayerSchemes,
  embedding: { length: number; perChannel: number },
): void {
  const conv = (name: string, kernel: number, input: number, out: number, scheme = usual) =>
    addWeight(table, name, [kernel, kernel, input, out], scheme(input * kernel ** 2, out * kernel ** 2), true)
  const norm = (name: string, channels: number) => {
    table.set(`${name}.weight`, { shape: [channels], init: { constant: 1 } })
    table.set(`${name}.bias`, { shape: [channels], init: { constant: 0 } })
  }
  for (const layer of layers) {
    const { name, in: input, out } = layer
    switch (layer.kind) {
      case 'conv':
      case 'auxResidual':
        conv(name, 3, input, out)
        break
      case 'auxSkip':
        conv(name, 1, input, out)
        break
      case 'auxOut':
        norm(`${name}_norm`, input)
        conv(`${name}_conv`, 3, input, out, last)
        break
      case 'block':
        norm(`${name}.norm0`, input)
        conv(`${name}.conv0`, 3, input, out)
        addLinear(table, `${name}.affine`, [embedding.length, embedding.perChannel * out], usual)
        norm(`${name}.norm1`, out)
        conv(`${name}.conv1`, 3, out, out, last)
        if (layer.project) conv(`${name}.skip`, 1, input, out)
        if (layer.heads) {
          norm(`${name}.norm2`, out)
          conv(`${name}.qkv`, 1, out, 3 * out, attention)
          conv(`${name}.proj`, 1, out, out, last)
        }
    }
  }
}

function addWeight(
  table: WeightTable,
  name: string,
  shape: number[],
  init: { weight: Init; bias: Init },
  bias: boolean,
): void {
  table.set(`${name}.weight`, { shape, init: init.weight })
  if (bias) table.set(`${name}.bias`, { shape: [shape.at(-1) as number], init: init.bias })
}
