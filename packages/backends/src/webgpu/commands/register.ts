import type * as tf from '@tensorflow/tfjs-core'
import { registerCompiler } from '../../compile/compilers.js'
import { RecordedRuns, type Recorder } from '../../compile/recorded-runs.js'
import type { WebgpuBackend } from '../backend.js'
import { computeAll } from '../lazy.js'
import { differenceOf } from './difference.js'
import type { Program } from './program.js'
import { CommandReplay } from './replay.js'
import { runRecorded } from './run-recorded.js'

/** From now on, functions on this backend are compiled to lists of commands. */
export function registerCommands(tfBackend: tf.KernelBackend): void {
  const backend = tfBackend as unknown as WebgpuBackend
  const recorder: Recorder<Program> = {
    isMeasured: () => Boolean(backend.activeTimers),
    settle: () => computeAll(backend), // what waits is no part of these commands, and may read what they write
    record: (body, args) => runRecorded(backend, body, args),
    differenceOf,
    replayOf: program => new CommandReplay(backend, program),
  }
  const open = () => new RecordedRuns(recorder)
  registerCompiler(tfBackend, { form: 'commands', numbers: 'constants', open })
}
