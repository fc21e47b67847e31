import * as tf from '@tensorflow/tfjs-core'
import { compilerOf, registerCompiler } from '../../compile/compilers.js'
import { RecordedRuns, type Recorder } from '../../compile/recorded-runs.js'
import type { WasmBackend } from '../backend.js'
import { watchStock } from '../watcher.js'
import { differenceOf } from './difference.js'
import type { Program } from './program.js'
import { FIRST_ID } from './recording.js'
import { CallReplay } from './replay.js'
import { runRecorded } from './run-recorded.js'

/** From now on, functions on this backend are compiled to lists of calls of WebAssembly functions. */
export function registerRecording(tfBackend: tf.KernelBackend): void {
  if (compilerOf(tfBackend)) return
  const backend = tfBackend as unknown as WasmBackend
  const setups = tf.getKernelsForBackend('wasm').flatMap(({ setupFunc }) => setupFunc ?? [])
  watchStock(backend, setups as never[])
  backend.dataIdNextNumber = Math.max(backend.dataIdNextNumber, FIRST_ID)
  const recorder: Recorder<Program> = {
    isMeasured: () => tf.engine().state.profiling,
    settle: () => undefined,
    record: (body, args) => runRecorded(backend, body, args),
    differenceOf,
    replayOf: program => new CallReplay(backend, program),
  }
  const open = () => new RecordedRuns(recorder)
  registerCompiler(tfBackend, { form: 'commands', numbers: 'constants', open })
}
