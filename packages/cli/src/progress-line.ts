/** What is counted: `steps` of `train`, 4,000 in all. */
export interface Work {
  title: string
  total: number
  unit: string
}

/** How far some work is. */
export interface Counts extends Work {
  done: number
  /** A second; undefined while it is not known. */
  rate?: number | undefined
  note?: string | undefined
}

const WIDEST_BAR = 40
const SMALLEST_BAR = 8

/** `train [====----] 40/80 steps  3.1 steps/s  13 s left  loss 0.42`: a line that fits a terminal. */
export function barLine(counts: Counts, columns: number): string {
  const { title, done, total } = counts
  const text = words(counts).join('  ')
  const room = columns - 1 - `${title} [] ${text}`.length // a terminal may wrap what fills its last column
  if (room < SMALLEST_BAR) return `${title} ${text}`.slice(0, columns - 1)
  const width = Math.min(room, WIDEST_BAR)
  const full = total > 0 ? Math.round((width * Math.min(done, total)) / total) : width
  return `${title} [${'='.repeat(full).padEnd(width, '-')}] ${text}`
}

/** `train: 40/80 steps, 3.1 steps/s, 13 s left, loss 0.42`: a line of a log. */
export function plainLine(counts: Counts): string {
  return `${counts.title}: ${words(counts).join(', ')}`
}

function words({ done, total, unit, rate, note }: Counts): string[] {
  return [
    `${done}/${total} ${unit}`,
    ...(rate === undefined ? [] : [`${short(rate)} ${unit}/s`]),
    ...(rate === undefined || done >= total ? [] : [`${duration((total - done) / rate)} left`]),
    ...(note ? [note] : []),
  ]
}

/** Counts with the rate since the first call, whose work was done before. */
export function speedometer(work: Work): (done: number, note?: string) => Counts {
  let begin: { at: number; done: number } | undefined
  return (done, note) => {
    begin ??= { at: performance.now(), done }
    const rate = (done - begin.done) / ((performance.now() - begin.at) / 1000)
    return { ...work, done, note, rate: rate > 0 && Number.isFinite(rate) ? rate : undefined }
  }
}

const short = (rate: number) => (rate >= 10 ? rate.toFixed(0) : rate.toPrecision(2))

/** `48 s`, `3 min 20 s` or `2 h 5 min`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
