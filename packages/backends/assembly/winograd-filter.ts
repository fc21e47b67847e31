import { packTurned } from './pack-filter'
import { FACTORS, filters6, setFactors } from './winograd-basis'

/** A cache line between the 36 positions: at distances of a power of two they would share a few lines of the cache. */
export const APART: usize = 64

/**
 * How many inputs are summed in registers, and their transformed filters lie together. Where these are made as they are needed,
 * there are fewer, so that they stay in the nearest cache.
 */
@inline
export function chunkOf(inputs: i32, here: bool): i32 {
  return min(inputs, here ? 64 : 128)
}

/** Bytes from a position of a chunk to the next one. */
@inline
export function positionBytes(chunk: i32): usize {
  return ((<usize>chunk) << 5) + APART
}

/** Floats that halfFilter works with, with the half. */
@inline
export function halfWork(chunk: i32): i32 {
  return 4 + 72 * chunk + 18 * (8 * chunk + 16)
}

/** Where halfFilter's half starts, behind four zeros and the weights. */
@inline
export function halfOf(work: usize, count: i32): usize {
  return work + 16 + 288 * <usize>count
}

/**
 * G g, the first half of the way to the transformed filter U = G g G^T: [6 rows of 3 columns][c][8], for a chunk of `count` inputs,
 * from number `input` on, and a panel of 8 outputs. Filters are [3,3,I,O]; `turned` ones are [3,3,O,I], and their taps are taken
 * in reverse order. work: halfWork floats, of which the first 4 are zeros; the half is at halfOf
 */
@inline
export function halfFilter(
  factors: usize, filter: usize, turned: bool, work: usize, inputs: i32, outputs: i32, panel: i32, input: i32, count: i32,
  position: usize,
): void {
  const start = panel << 3, lanes = min(8, outputs - start)
  const packed = work + 16, half = halfOf(work, count)
  let from = packed, row: usize = 32, tap = (<usize>count) << 5
  if (turned) packTurned(filter, packed, 9, inputs, outputs, start, lanes, input, count)
  else {
    row = (<usize>outputs) << 2
    tap = <usize>inputs * row
    from = filter + <usize>input * row + ((<usize>start) << 2)
  }
  for (let c = 0, to = half; c < count; c++, from += row, to += 32) {
    if (WIDE && lanes === 8) {
      for (let j: usize = 0; j < 3; j++) filters6(factors, from + j * tap, 3 * tap, to + j * position, 3 * position, true)
      continue
    }
    for (let lane: usize = 0; lane < 32; lane += 16) {
      const isInside = lanes > 4 || lane === 0
      const at = isInside ? from + lane : work, step = isInside ? tap : 0
      for (let j: usize = 0; j < 3; j++)
        filters6(factors, at + j * step, 3 * step, to + j * position + lane, 3 * position, false)
    }
  }
}

/** Row i of the 6x6 positions of U, from halfFilter's G g: [column of 6][c][8], columns are `position` apart. */
@inline
export function filterRow(factors: usize, half: usize, i: usize, count: i32, position: usize, to: usize): void {
  const from = half + 3 * i * position
  for (let c: usize = 0, end = (<usize>count) << 5; c < end; c += WIDE ? 32 : 16)
    filters6(factors, from + c, position, to + c, position, WIDE === 1)
}

/**
 * The transformed filter as [panel][chunk of inputs][position of 36][c][8]; panels are the units of work.
 *
 * scratch, for each thread: FACTORS + halfWork floats
 */
export function winogradFilter(
  filter: usize, turned: bool, transformed: usize, scratch: usize, scratchStep: usize, inputs: i32, outputs: i32,
  first: i32, last: i32, thread: i32,
): void {
  const chunk = chunkOf(inputs, false), position = positionBytes(chunk)
  const factors = scratch + <usize>thread * scratchStep, work = factors + (FACTORS << 2)
  setFactors(factors)
  memory.fill(work, 0, 16)
  let to = transformed + <usize>(first * ((inputs + chunk - 1) / chunk)) * 36 * position
  for (let panel = first; panel < last; panel++)
    for (let input = 0; input < inputs; input += chunk) {
      const count = min(chunk, inputs - input)
      halfFilter(factors, filter, turned, work, inputs, outputs, panel, input, count, position)
      for (let i: usize = 0; i < 6; i++, to += 6 * position) filterRow(factors, halfOf(work, count), i, count, position, to)
    }
}
