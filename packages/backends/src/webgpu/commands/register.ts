import type * as tf from '@tensorflow/tfjs-core'
import { registerCompiler } from '../../compile/compilers.js'
import type { WebgpuBackend } from '../backend.js'
import { CommandRuns } from './command-runs.js'

/** From now on, functions on this backend are compiled to lists of commands. */
export function registerCommands(backend: tf.KernelBackend): void {
  const open = () => new CommandRuns(backend as unknown as WebgpuBackend)
  registerCompiler(backend, { form: 'commands', numbers: 'constants', open })
}
