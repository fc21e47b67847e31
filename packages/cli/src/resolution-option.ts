import { Option } from 'commander'
import { parseInteger } from './parse.js'

export interface ResolutionFlag {
  resolution?: number | undefined
}

/** `--resolution N`, for every command that reads images. Without it images of another size are refused. */
export function resolutionOption(): Option {
  return new Option(
    '--resolution <n>',
    'crop each image to its centre square, resized to n x n (default: sizes must fit)',
  ).argParser(parseInteger(1, 8192))
}
