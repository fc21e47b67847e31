export interface Timing {
  /** Milliseconds a run: the median of the stretches. */
  ms: number
  /** Of the fastest stretch. */
  least: number
  /** Milliseconds of processor time a run, of all threads of this process. */
  processorMs: number
  stretches: number
  /** Runs in a stretch. */
  repeats: number
  /** Milliseconds of the first run, which compiles shaders. */
  firstMs: number
}

/** A stretch takes at least this long, or one run. */
const STRETCH_MS = 50
const WARM_UP_RUNS = 5

interface Timed {
  run(): unknown
  /** Wait until the device has done all runs. */
  settle(): Promise<unknown>
  /**
   * About how long to measure after the first run, the warm-up included. 0: three runs, of which the third is timed; a replay is
   * possible then.
   */
  seconds: number
}

/** Run until the warm-up is over, then in stretches, each of which ends when the device is done. */
export async function timed({ run, settle, seconds }: Timed): Promise<Timing> {
  const stretch = async (repeats: number) => {
    const from = performance.now()
    for (let i = 0; i < repeats; i++) await run()
    await settle()
    return (performance.now() - from) / repeats
  }
  const firstMs = await stretch(1)
  const start = performance.now()
  const spent = () => (performance.now() - start) / 1000
  let ms = firstMs
  const cold = (runs: number) =>
    runs < 2 || spent() < seconds / 4 || (runs < WARM_UP_RUNS && spent() < seconds / 2)
  for (let runs = 1; cold(runs); runs++) ms = await stretch(1)
  const repeats = seconds === 0 ? 1 : Math.max(1, Math.ceil(STRETCH_MS / ms))
  const before = process.cpuUsage()
  const stretches: number[] = []
  do stretches.push(await stretch(repeats))
  while (spent() < seconds && stretches.length < 25)
  const { user, system } = process.cpuUsage(before)
  stretches.sort((a, b) => a - b)
  return {
    ms: digits(stretches[stretches.length >> 1]!),
    least: digits(stretches[0]!),
    processorMs: digits((user + system) / 1000 / (repeats * stretches.length)),
    stretches: stretches.length,
    repeats,
    firstMs: digits(firstMs),
  }
}

/** Four digits are enough for any timing. */
export const digits = (value: number): number => Number(value.toPrecision(4))
