import { type Cursor, narrow } from './cursor.js'
import type { PyValue } from './values.js'

/** The number, text or bytes that an operation carries; undefined for an operation that works on other values. */
export function readLiteral(cursor: Cursor, operation: number): PyValue | undefined {
  switch (String.fromCharCode(operation)) {
    case 'N':
      return null
    case '\x88':
      return true
    case '\x89':
      return false
    case 'K':
      return cursor.uint8()
    case 'M':
      return cursor.uint16()
    case 'J':
      return cursor.int32()
    case '\x8a':
      return cursor.integer(cursor.uint8())
    case '\x8b':
      return cursor.integer(cursor.uint32())
    case 'I':
    case 'L':
      return readDecimal(cursor)
    case 'G':
      return cursor.float64()
    case 'F':
      return readFloat(cursor)

    case '\x8c':
      return cursor.text(cursor.uint8())
    case 'X':
      return cursor.text(cursor.uint32())
    case '\x8d':
      return cursor.text(cursor.uint64())
    case 'V':
      return cursor.line()
    case 'S':
      return readQuoted(cursor)
    case 'U':
      return cursor.textOrBytes(cursor.uint8())
    case 'T':
      return cursor.textOrBytes(cursor.uint32())
    case 'C':
      return cursor.take(cursor.uint8())
    case 'B':
      return cursor.take(cursor.uint32())
    case '\x8e': // BINBYTES8
    case '\x96': // BYTEARRAY8
      return cursor.take(cursor.uint64())
    default:
      return undefined
  }
}

/** An integer in decimal digits. Protocol 0 writes False as 00 and True as 01. */
export function readDecimal(cursor: Cursor): number | bigint | boolean {
  const line = cursor.line()
  if (line === '00') return false
  if (line === '01') return true
  if (!/^[+-]?\d+L?$/.test(line)) throw cursor.error('an integer must be digits', `'${line.slice(0, 80)}'`)
  return narrow(BigInt(line.replace(/^\+|L$/g, '')))
}

function readFloat(cursor: Cursor): number {
  const line = cursor.line()
  const value = Number(line.replace(/^([+-]?)inf$/, '$1Infinity'))
  if (line === '' || (Number.isNaN(value) && line !== 'nan'))
    throw cursor.error('a float must be a number', `'${line.slice(0, 80)}'`)
  return value
}

function readQuoted(cursor: Cursor): string {
  const line = cursor.line()
  const text = /^(['"])([^\\]*)\1$/.exec(line)?.[2]
  if (text === undefined) throw cursor.error('a string must be in quotes and plain', `'${line.slice(0, 80)}'`)
  return text
}
