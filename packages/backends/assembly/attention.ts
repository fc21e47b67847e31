import { log, NUMBERS, setNumbers } from './activation'
import { packTurned, spreadRow } from './pack-filter'
import { exponentials, largestOf } from './softmax'
import { TOGETHER, tile } from './tile'

/** As many queries are a unit of work: their scores stay in a core's cache. */
const ROWS = 32

/**
 * Keys and values of qkv [B,n,3C] for `attention`: keys as panels [b,head][8 keys][d][8], values as panels
 * [b,head][8 channels][n][8], filled up with zeros. Units of work are the heads of all samples.
 */
export function packHeads(
  qkv: usize, keys: usize, values: usize, n: i32, channels: i32, heads: i32, first: i32, last: i32,
): void {
  const d = channels / heads, row = <usize>channels * 12
  const keyPanel = (<usize>d) << 5, valuePanel = (<usize>n) << 5
  const keyPanels = (n + 7) >> 3, valuePanels = (d + 7) >> 3
  for (let unit = first; unit < last; unit++) {
    const k = qkv + <usize>(unit / heads * n) * row + ((<usize>(channels + unit % heads * d)) << 2)
    const v = k + ((<usize>channels) << 2)
    let to = keys + <usize>(unit * keyPanels) * keyPanel
    for (let key = 0; key < n; key += 8, to += keyPanel) {
      const count = min(8, n - key)
      if (count < 8) memory.fill(to, 0, keyPanel)
      packTurned(k, to, 1, 3 * channels, n, key, count, 0, d)
    }
    to = values + <usize>(unit * valuePanels) * valuePanel
    for (let i: usize = 0; i < <usize>n; i++) spreadRow(v + i * row, to + (i << 5), d, valuePanel)
  }
}

/**
 * y [B,n,C] = softmax(q k^T scale) v for each head, and logSums [B,heads,n], with the keys and values of packHeads. Units of work
 * are ROWS queries of a head.
 *
 * scratch, for each thread: NUMBERS + 104 + ROWS (d + n + 7) floats, with d rounded up to a multiple of 4
 */
export function attention(
  qkv: usize, keys: usize, values: usize, y: usize, logSums: usize, scratch: usize, scratchStep: usize, n: i32, channels: i32,
  heads: i32, scale: f32, first: i32, last: i32, thread: i32,
): void {
  const d = channels / heads, row = <usize>channels * 12, outRow = (<usize>channels) << 2
  const queryBytes = (<usize>((d + 3) & ~3)) << 2, scoreBytes = (<usize>((n + 7) & ~7)) << 2
  const keyPanel = (<usize>d) << 5, valuePanel = (<usize>n) << 5
  const keyPanels = (n + 7) >> 3, valuePanels = (d + 7) >> 3
  const blocks = (n + ROWS - 1) / ROWS
  const numbers = scratch + <usize>thread * scratchStep, zeros = numbers + (NUMBERS << 2)
  const queryPlaces = zeros + 32, scorePlaces = queryPlaces + (ROWS << 2), shares = scorePlaces + (ROWS << 2)
  const queries = shares + (ROWS << 2), scores = queries + ROWS * queryBytes
  const gain = f32x4.splat(scale), never = f32x4.splat(-Infinity)
  setNumbers(numbers)
  memory.fill(zeros, 0, 32)
  for (let unit = first; unit < last; unit++) {
    const head = unit / blocks, start = unit % blocks * ROWS, rows = min(ROWS, n - start)
    const sample = head / heads * n + start, lane = (<usize>(head % heads * d)) << 2
    for (let r = 0; r < ROWS; r++) {
      const place = <usize>min(r, rows - 1)
      store<u32>(queryPlaces + ((<usize>r) << 2), <u32>(place * queryBytes))
      store<u32>(scorePlaces + ((<usize>r) << 2), <u32>(place * scoreBytes))
    }
    for (let r = 0; r < rows; r++) {
      const from = qkv + <usize>(sample + r) * row + lane, to = queries + <usize>r * queryBytes
      let c: usize = 0
      for (; c + 16 <= (<usize>d) << 2; c += 16) v128.store(to + c, f32x4.mul(v128.load(from + c), gain))
      for (; c < (<usize>d) << 2; c += 4) store<f32>(to + c, load<f32>(from + c) * scale)
    }
    let panel = keys + <usize>(head * keyPanels) * keyPanel
    for (let p = 0; p < keyPanels; p += TOGETHER, panel += TOGETHER * keyPanel) {
      const together = min(TOGETHER, keyPanels - p), at = scores + ((<usize>p) << 5)
      for (let r = 0; r < rows; r += 4)
        tile(
          queries, 0, queryPlaces + ((<usize>r) << 2), zeros, 0, 0, panel, keyPanel, 1, keyPanel, at + <usize>r * scoreBytes,
          scoreBytes, rows - r, 8 * together, together,
        )
    }
    for (let r = 0; r < rows; r++) {
      const x = scores + <usize>r * scoreBytes
      for (let at = (<usize>n) << 2; at < scoreBytes; at += 4) v128.store32_lane(x + at, never, 0)
      const top = largestOf(x, scoreBytes)
      const sum = exponentials(numbers, x, x, scoreBytes, top)
      store<f32>(shares + ((<usize>r) << 2), <f32>1 / sum)
      store<f32>(logSums + ((<usize>(head * n + start + r)) << 2), top + log(sum))
    }
    const out = y + <usize>sample * outRow + lane
    panel = values + <usize>(head * valuePanels) * valuePanel
    for (let p = 0; p < valuePanels; p += TOGETHER, panel += TOGETHER * valuePanel) {
      const together = min(TOGETHER, valuePanels - p), at = out + ((<usize>p) << 5)
      for (let r = 0; r < rows; r += 4)
        tile(
          scores, 0, scorePlaces + ((<usize>r) << 2), zeros, 0, 0, panel, valuePanel, 1, valuePanel, at + <usize>r * outRow,
          outRow, rows - r, min(8 * together, d - 8 * p), together,
        )
    }
    for (let r = 0; r < rows; r++) {
      const share = load<f32>(shares + ((<usize>r) << 2)), all = f32x4.splat(share), at = out + <usize>r * outRow
      let c: usize = 0
      for (; c + 16 <= (<usize>d) << 2; c += 16) v128.store(at + c, f32x4.mul(v128.load(at + c), all))
      for (; c < (<usize>d) << 2; c += 4) store<f32>(at + c, load<f32>(at + c) * share)
    }
  }
}
