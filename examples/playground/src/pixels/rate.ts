/** Pictures a second are counted over this time. */
const WINDOW_MS = 1000

/**
 * Show how many pictures a second appear while something moves: call the result with the number of new ones.
 *
 * @param unit    what stands after the number
 * @param fewest  so many pictures at once are still no motion
 */
export function rate(
  output: HTMLElement,
  { unit = 'a second', fewest = 4 }: { unit?: string; fewest?: number } = {},
): (count?: number) => void {
  let seen: { at: number; count: number }[] = []
  return (count = 1) => {
    const now = performance.now()
    seen = [...seen.filter(({ at }) => now - at < WINDOW_MS), { at: now, count }]
    const seconds = (now - seen[0]!.at) / 1000
    const later = seen.slice(1).reduce((sum, one) => sum + one.count, 0)
    if (later >= fewest && seconds > WINDOW_MS / 2000)
      output.textContent = `${Math.round(later / seconds)} ${unit}`
  }
}
