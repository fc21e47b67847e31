import {
  BACKENDS,
  type BackendChoice,
  type BackendName,
  type Precision,
  useBackend,
} from '@rectified-flow/backends'
import { Option } from 'commander'
import { say } from './warn.js'
import { isWorker } from './worker.js'

/** `--backend NAME`, for every command that computes. */
export function backendOption(): Option {
  return new Option('--backend <name>', 'compute on this (default: the first that works)').choices(BACKENDS)
}

/** Activate the backend asked for, or the first that works, and print its name on stderr. A worker uses one core. */
export async function startBackend(name?: BackendName, precision?: Precision): Promise<BackendChoice> {
  const choice = await useBackend(name, {
    ...(isWorker && { threads: 1 }),
    ...(precision && { precision }),
  })
  say(`backend: ${choice.name}${choice.device ? ` (${choice.device})` : ''}`)
  return choice
}
