import { packTurned } from './pack-filter'
import { filters6 } from './winograd-basis'

/** A cache line between the 36 positions: at distances of a power of two they would share a few lines of the cache. */
export const APART: usize = 64

/** Inputs whose transformed filters lie together: those of a few panels fit into a core's cache. */
const CHUNK = 32

/** Floats that transformChunk works with: 4 zeros, a transformed half of 4 outputs, and a packed chunk. */
export const FILTER_WORK = 4 + 72 + 72 * CHUNK

/** How many inputs are a chunk. */
@inline
export function chunkOf(inputs: i32): i32 {
  return min(inputs, CHUNK)
}

/** Bytes from a position of a chunk to the next one. */
@inline
export function positionBytes(inputs: i32): usize {
  return ((<usize>chunkOf(inputs)) << 5) + APART
}

/** U = G g G^T of four outputs, whose taps are `tap` bytes apart. The positions are `position` apart. half: 72 floats */
@inline
function transformFilter(from: usize, tap: usize, to: usize, position: usize, half: usize): void {
  for (let j: usize = 0; j < 3; j++) filters6(from + j * tap, 3 * tap, half + (j << 4), 48)
  for (let i: usize = 0; i < 6; i++) filters6(half + i * 48, 16, to + 6 * i * position, position)
}

/**
 * Transformed filters of a chunk of inputs, from number `input` on, and `panels` panels of 8 outputs: [position of 36][c][8], panels
 * are `step` bytes apart. Filters are [3,3,I,O]; `turned` ones are [3,3,O,I], and their taps are taken in reverse order.
 *
 * scratch: FILTER_WORK floats, of which the first 4 are zeros
 */
@inline
export function transformChunk(
  filter: usize, turned: bool, to: usize, step: usize, scratch: usize, inputs: i32, outputs: i32, firstPanel: i32, panels: i32,
  input: i32,
): void {
  const count = min(chunkOf(inputs), inputs - input)
  const half = scratch + 16, packed = half + 288
  const position = positionBytes(inputs)
  if (turned) {
    const tap = (<usize>count) << 5
    for (let panel = 0; panel < panels; panel++, to += step) {
      const start = (firstPanel + panel) << 3, lanes = min(8, outputs - start)
      packTurned(filter, packed, 9, inputs, outputs, start, lanes, input, count)
      for (let c: usize = 0; c < tap; c += 16) {
        const isInside = lanes > 4 || (c & 16) === 0
        transformFilter(isInside ? packed + c : scratch, isInside ? tap : 0, to + c, position, half)
      }
    }
    return
  }
  const row = (<usize>outputs) << 2, tap = <usize>inputs * row
  const left = (<usize>(outputs - (firstPanel << 3))) << 2
  let from = filter + <usize>input * row + ((<usize>firstPanel) << 5)
  // A row's outputs lie together, so they are read together.
  for (let c = 0; c < count; c++, from += row, to += 32)
    for (let lane: usize = 0; lane < (<usize>panels) << 5; lane += 16) {
      const isInside = lane < left
      transformFilter(isInside ? from + lane : scratch, isInside ? tap : 0, to + (lane >> 5) * step + (lane & 16), position, half)
    }
}

/**
 * The transformed filter as [panel][chunk of inputs][position of 36][c][8]; panels are the units of work.
 *
 * scratch, for each thread: FILTER_WORK floats
 */
export function winogradFilter(
  filter: usize, turned: bool, transformed: usize, scratch: usize, scratchStep: usize, inputs: i32, outputs: i32,
  first: i32, last: i32, thread: i32,
): void {
  const size = 36 * positionBytes(inputs), chunk = chunkOf(inputs)
  const work = scratch + <usize>thread * scratchStep
  memory.fill(work, 0, 16)
  const panel = <usize>((inputs + chunk - 1) / chunk) * size
  let to = transformed + <usize>first * panel
  for (let input = 0; input < inputs; input += chunk, to += size)
    transformChunk(filter, turned, to, panel, work, inputs, outputs, first, last - first, input)
}
