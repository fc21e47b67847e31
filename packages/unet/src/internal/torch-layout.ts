/**
 * PyTorch keeps convolutions as [O,I,h,w] and linear layers as [O,I]; here they are [h,w,I,O] and [I,O]. The reference
 * also interleaves q, k and v (row 3c + i is channel c of the i-th of them); here they are three blocks.
 */

/** The shape that PyTorch gives a weight of this shape. */
export function torchShape(shape: readonly number[]): number[] {
  if (shape.length < 2) return [...shape]
  const [input, out] = shape.slice(-2) as [number, number]
  return [out, input, ...shape.slice(0, -2)]
}

/** PyTorch's numbers in the order of here; shape is the shape here. */
export function fromTorch(name: string, values: Float32Array, shape: readonly number[]): Float32Array {
  return reorder(name, shape, (here, torch, result) => {
    result[here] = values[torch] as number
  })
}

/** The numbers of here in PyTorch's order; shape is the shape here. */
export function toTorch(name: string, values: Float32Array, shape: readonly number[]): Float32Array {
  return reorder(name, shape, (here, torch, result) => {
    result[torch] = values[here] as number
  })
}

function reorder(
  name: string,
  shape: readonly number[],
  copy: (here: number, torch: number, result: Float32Array) => void,
): Float32Array {
  const size = shape.reduce((product, axis) => product * axis, 1)
  const out = shape.at(-1) as number
  const input = shape.at(-2) ?? 1
  const taps = size / (input * out)
  const interleaved = /\.qkv\.(weight|bias)$/.test(name)
  const result = new Float32Array(size)
  for (let o = 0; o < out; o++) {
    const row = interleaved ? 3 * (o % (out / 3)) + Math.floor(o / (out / 3)) : o
    for (let i = 0; i < input; i++)
      for (let tap = 0; tap < taps; tap++)
        copy((tap * input + i) * out + o, (row * input + i) * taps + tap, result)
  }
  return result
}
