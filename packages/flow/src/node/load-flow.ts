import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import { checkOptions, describe } from '@rectified-flow/core'
import type { Flow } from '../flow.js'
import { type FlowOptions, flowNames, flowOf } from '../flow-of.js'
import { loadFlow as loadFromBytes } from '../load-flow.js'
import { shippedNetworks } from '../shipped-networks.js'
import { startBackend } from '../start-backend.js'
import { shippedFile } from './shipped-file.js'

const WHERE = 'flow.loadFlow'

/**
 * Load a flow. If no backend is active, the first that works is used.
 *
 *     const flow = await loadFlow('digits')
 *
 * @param source  the name of a shipped network (see `shippedNetworks`), the path of a file or of a training run's folder, an
 *                address, or the bytes of a file: safetensors, a PyTorch `.pth` or an EDM `.pkl`
 * @throws RangeError if there is no such file, or if it doesn't hold a network
 */
export async function loadFlow(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: FlowOptions = {},
): Promise<Flow> {
  checkOptions(WHERE, options, flowNames)
  const path = await pathOf(source)
  if (path === undefined) return loadFromBytes(source, options)
  await startBackend()
  return flowOf(await readCheckpointFile(path), options)
}

/** The file that a source names; undefined for bytes and for addresses of the network. */
async function pathOf(source: string | URL | Uint8Array | ArrayBuffer): Promise<string | undefined> {
  if (source instanceof URL) return source.protocol === 'file:' ? fileURLToPath(source) : undefined
  if (typeof source !== 'string' || /^https?:\/\//.test(source)) return undefined
  const shipped = shippedFile(source)
  if (shipped !== undefined) return shipped
  const found = await stat(source).catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(
      `${WHERE}: source must be a file, a run's folder, an address or one of ${Object.keys(shippedNetworks).join(', ')}, got ${describe(source)} (${cause.code}).`,
      { cause },
    )
  })
  return found.isDirectory() ? join(source, 'network.safetensors') : source
}
