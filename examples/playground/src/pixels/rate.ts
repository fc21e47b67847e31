/** Pictures a second are counted over this time, from so many pictures on. */
const WINDOW_MS = 1000
const FEWEST = 4

/** Show how many pictures a second appear while something moves: call the result for each picture. */
export function rate(output: HTMLElement): () => void {
  let times: number[] = []
  return () => {
    const now = performance.now()
    times = [...times.filter(time => now - time < WINDOW_MS), now]
    const seconds = (now - times[0]!) / 1000
    if (times.length > FEWEST && seconds > WINDOW_MS / 2000)
      output.textContent = `${Math.round((times.length - 1) / seconds)} a second`
  }
}
