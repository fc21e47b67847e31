/**
 * Class of each pair from lines of `NNNNN.png,class`; undefined if no line has a class.
 *
 * @param count  number of pairs; if any line has a class, each pair must have one
 */
export function readLabelsCsv(
  where: string,
  text: string,
  count: number,
): { labels: Int32Array; classes: number } | undefined {
  const labels = new Int32Array(count).fill(-1)
  let classes = 0
  let given = 0
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at)
    if (end < 0) end = text.length
    const line = text.slice(at, end)
    const comma = line.indexOf(',')
    if (comma >= 0) {
      const [index, label] = [Number.parseInt(line.slice(0, comma), 10), Number(line.slice(comma + 1))]
      if (!(index >= 0 && index < count) || !Number.isInteger(label) || label < 0)
        throw new RangeError(
          `${where}: images_labels.csv must have lines of NNNNN.png,class for ${count} pairs, got '${line.trim()}'.`,
        )
      labels[index] = label
      classes = Math.max(classes, label + 1)
      given++
    }
    at = end + 1
  }
  if (given === 0) return undefined
  const lacking = labels.indexOf(-1)
  if (lacking >= 0)
    throw new RangeError(
      `${where}: images_labels.csv must have a class for each of ${count} pairs, got none for pair ${lacking}.`,
    )
  return { labels, classes }
}
