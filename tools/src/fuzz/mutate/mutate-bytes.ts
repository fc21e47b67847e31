import type { Dice } from '../dice.js'

/** Lengths and counts that readers have trouble with, for a field of 1 to 8 bytes. */
const NUMBERS = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  1_000_000_000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0001n,
  0x1f_ffff_ffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
]

type Edit = (bytes: Uint8Array, at: number, dice: Dice) => Uint8Array

const setByte: Edit = (bytes, at, dice) => bytes.with(at, dice.below(256))
const flipBit: Edit = (bytes, at, dice) => bytes.with(at, bytes[at]! ^ (1 << dice.below(8)))
const cut: Edit = (bytes, at) => bytes.slice(0, at)

const setField: Edit = (bytes, at, dice) => {
  const field = Buffer.alloc(8)
  const number = dice.pick(NUMBERS)
  const width = 2 ** dice.below(4)
  if (dice.below(2)) field.writeBigUInt64LE(number)
  else field.writeBigUInt64BE(BigInt.asUintN(64, number << BigInt(64 - 8 * width)))
  const out = bytes.slice()
  out.set(field.subarray(0, Math.min(width, bytes.length - at)), at)
  return out
}

/** Put a piece of the file at another place, over what is there or before it, once or many times. */
const splice: Edit = (bytes, at, dice) => {
  const from = dice.below(bytes.length)
  const piece = bytes.subarray(from, from + 2 ** dice.below(7))
  const pieces = Array<Uint8Array>(dice.below(8) ? 1 : 64).fill(piece)
  const rest = bytes.subarray(at + dice.below(2) * piece.length)
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), ...pieces, rest]))
}

const remove: Edit = (bytes, at, dice) =>
  new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 2 ** dice.below(6))]))

const EDITS: readonly Edit[] = [
  setByte,
  setByte,
  flipBit,
  flipBit,
  flipBit,
  setField,
  setField,
  splice,
  remove,
  cut,
]

/** One to three edits of a file: bits, bytes, length fields, pieces moved, added or removed, the end cut off. */
export function mutateBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  let out = bytes
  for (let left = 1 + dice.below(3); left > 0 && out.length > 0; left--)
    out = dice.pick(EDITS)(out, dice.below(out.length), dice)
  return out
}
