import { Option } from 'commander'
import { parseInteger } from './parse.js'

export interface MaxBytesFlag {
  maxBytes?: number | undefined
}

/** `--max-bytes N`, for every command that reads files which may unpack to much more than their size. */
export function maxBytesOption(): Option {
  return new Option(
    '--max-bytes <n>',
    'the most bytes that a file may unpack to (default: in proportion to its size)',
  ).argParser(parseInteger(1))
}

/** An option of a reader, which is absent if the flag is. */
export const limit = (maxBytes: number | undefined): { maxBytes?: number } =>
  maxBytes === undefined ? {} : { maxBytes }
