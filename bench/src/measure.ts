import { setTimeout as sleep } from 'node:timers/promises'
import { disagreement, TOLERANCE } from './agree.js'
import type { Participant } from './participant.js'
import type { Stretch } from './protocol.js'

/** Each participant runs this long before it is timed, because JavaScript and TensorFlow's graphs get faster as they run. */
const WARM_UP_MS = 2500
/** A stretch is as many runs as take at least this long together, so that clocks and pipes don't matter. */
const STRETCH_MS = 60
/** Thread pools spin for a moment after their work; the next participant waits this long for them to stop. */
const PAUSE_MS = 10

/** The timing of one participant in one case. */
export interface Timing {
  /** Milliseconds a run, one number for each round: the mean over its stretch. */
  rounds: number[]
  /** Runs in a stretch. */
  repeats: number
  /** Processor time divided by wall time: how many cores were at work. */
  cores: number
  /** Relative difference from the outputs of the first participant. */
  disagreement: number
  setup?: string
}

export type Outcome = Timing | { cannot: string } | { failed: string }

/** A participant of a case. */
export interface Entrant {
  participant: Participant
  /** An error that says that it lacks what the case needs; the table shows that, and nothing fails. */
  lacking?: RegExp
}

/**
 * One case: every entrant opens it and gives its outputs. Those whose outputs agree with the first are timed. They take
 * turns, one stretch each in a round, and only one runs at a time.
 */
export async function measureCase(
  name: string,
  file: string,
  entrants: readonly Entrant[],
  { rounds, warmUpMs = WARM_UP_MS }: { rounds: number; warmUpMs?: number },
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const timed: Timed[] = []
  let reference: string[] | undefined

  for (const { participant, lacking } of entrants) {
    try {
      const { outputs, setup } = await participant.ask('open', { case: name, file })
      reference ??= outputs
      const apart = disagreement(outputs, reference)
      if (!(apart <= TOLERANCE))
        throw new Error(`its outputs differ by ${apart.toExponential(1)}, relative; ${TOLERANCE} is allowed`)
      const repeats = await repeatsOf(participant, warmUpMs)
      const timing: Timing = { rounds: [], repeats, cores: 0, disagreement: apart, ...(setup && { setup }) }
      timed.push({ participant, timing, total: { ms: 0, processorMs: 0 } })
      outcomes.set(participant.id, timing)
    } catch (error) {
      const { message } = error as Error
      outcomes.set(participant.id, lacking?.test(message) ? { cannot: message } : { failed: message })
      await participant.start() // an operation that failed half-way leaves tfjs's tape unusable
    }
  }

  for (let round = 0; round < rounds; round++)
    for (const one of [...timed]) {
      await sleep(PAUSE_MS)
      try {
        await takeTurn(one)
      } catch (error) {
        outcomes.set(one.participant.id, { failed: (error as Error).message })
        timed.splice(timed.indexOf(one), 1)
        await one.participant.start()
      }
    }
  for (const { participant } of timed) await participant.ask('close', {})
  return outcomes
}

interface Timed {
  participant: Participant
  timing: Timing
  total: Stretch
}

async function takeTurn({ participant, timing, total }: Timed): Promise<void> {
  const { ms, processorMs } = await participant.ask('time', { repeats: timing.repeats })
  timing.rounds.push(ms / timing.repeats)
  total.ms += ms
  total.processorMs += processorMs
  timing.cores = total.processorMs / total.ms
}

/** How many runs make a stretch, measured after the warm-up. */
async function repeatsOf(participant: Participant, warmUpMs: number): Promise<number> {
  let [ms, spent] = [0, 0]
  do {
    ms = (await participant.ask('time', { repeats: 1 })).ms
    spent += ms
  } while (spent < warmUpMs)
  return Math.min(Math.max(Math.ceil(STRETCH_MS / ms), 1), 2000)
}
