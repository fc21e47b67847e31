/**
 * PyTorch stores convolutions as [O,I,h,w] and linear layers as [O,I]; here they are [h,w,I,O] and [I,O]. The reference
 * also interleaves q, k and v: row 3c + i is channel c of q, k or v for i = 0, 1, 2. Here they are three blocks.
 */

/** PyTorch's shape of a weight that has this shape here. */
export function torchShape(shape: readonly number[]): number[] {
  if (shape.length < 2) return [...shape]
  const [input, out] = shape.slice(-2) as [number, number]
  return [out, input, ...shape.slice(0, -2)]
}

/** Reorder PyTorch's numbers to the layout here. `shape` is the shape here. */
export function fromTorch(name: string, values: Float32Array, shape: readonly number[]): Float32Array {
  const result = new Float32Array(values.length)
  forEachRow(name, shape, (here, step, torch, count) => {
    for (let i = 0; i < count; i++) result[here + i * step] = values[torch + i]!
  })
  return result
}

/** Reorder numbers from the layout here to PyTorch's. `shape` is the shape here. */
export function toTorch(name: string, values: Float32Array, shape: readonly number[]): Float32Array {
  const result = new Float32Array(values.length)
  forEachRow(name, shape, (here, step, torch, count) => {
    for (let i = 0; i < count; i++) result[torch + i] = values[here + i * step]!
  })
  return result
}

/** Call `copy` for each run of `count` numbers: here from `here` on, `step` apart; in PyTorch from `torch` on, adjacent. */
function forEachRow(
  name: string,
  shape: readonly number[],
  copy: (here: number, step: number, torch: number, count: number) => void,
): void {
  const out = shape.at(-1)!
  const input = shape.at(-2) ?? 1
  const taps = shape.slice(0, -2).reduce((product, axis) => product * axis, 1)
  const interleaved = /\.qkv\.(weight|bias)$/.test(name)
  for (let o = 0; o < out; o++) {
    const row = interleaved ? 3 * (o % (out / 3)) + Math.floor(o / (out / 3)) : o
    if (taps === 1) copy(o, out, row * input, input)
    else for (let i = 0; i < input; i++) copy(i * out + o, input * out, (row * input + i) * taps, taps)
  }
}
