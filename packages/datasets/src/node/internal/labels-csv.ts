import { describe } from '@rectified-flow/core'
import { type ClassLabels, classLabels } from '../../internal/class-labels.js'

/**
 * Class of each pair from lines of `NNNNN.png,class`; undefined if no line has a class.
 *
 * @param path   how errors name the file
 * @param count  number of pairs; if any line has a class, each pair must have one
 */
export function readLabelsCsv(
  where: string,
  path: string,
  text: string,
  count: number,
): ClassLabels | undefined {
  const values = new Float64Array(count).fill(-1)
  let given = 0
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at)
    if (end < 0) end = text.length
    const line = text.slice(at, end).trim()
    at = end + 1
    if (!line.includes(',')) continue
    const [, index, label] = /^(\d+)\.png,(\d+)$/.exec(line) ?? []
    if (!label || Number(index) >= count)
      throw new RangeError(
        `${where}: ${describe(path)} must have lines of NNNNN.png,class for ${count} pairs, got ${describe(line)}.`,
      )
    if (values[Number(index)] !== -1)
      throw new RangeError(
        `${where}: ${describe(path)} must have one class a pair, got two for pair ${Number(index)}.`,
      )
    values[Number(index)] = Number(label)
    given++
  }
  if (given === 0) return undefined
  const lacking = values.indexOf(-1)
  if (lacking >= 0)
    throw new RangeError(
      `${where}: ${describe(path)} must have a class for each of ${count} pairs, got none for pair ${lacking}.`,
    )
  return classLabels(where, values, i => `${describe(path)} must have for pair ${i}`)
}
