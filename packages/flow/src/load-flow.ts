import { readCheckpoint } from '@rectified-flow/checkpoints'
import { checkOptions, describe } from '@rectified-flow/core'
import type { Flow } from './flow.js'
import { type FlowOptions, flowNames, flowOf } from './flow-of.js'
import { startBackend } from './start-backend.js'

const WHERE = 'flow.loadFlow'

/**
 * Load a flow from the bytes of a file, or fetch it from an address. If no backend is active, the first that works is used.
 *
 * @param source  safetensors, a PyTorch `.pth` or an EDM `.pkl`: its bytes, or the address of the file
 * @throws Error if the address can't be fetched, RangeError if the file doesn't hold a network
 */
export async function loadFlow(
  source: Uint8Array | ArrayBuffer | URL | string,
  options: FlowOptions = {},
): Promise<Flow> {
  checkOptions(WHERE, options, flowNames)
  await startBackend()
  const bytes = source instanceof URL || typeof source === 'string' ? await fetchBytes(source) : source
  return flowOf(await readCheckpoint(bytes), options)
}

async function fetchBytes(address: URL | string): Promise<ArrayBuffer> {
  const response = await fetch(address).catch(cause => {
    throw new Error(
      `${WHERE}: source must be an address that can be fetched, got ${describe(String(address))}.`,
      {
        cause,
      },
    )
  })
  if (response.ok) return response.arrayBuffer()
  throw new Error(
    `${WHERE}: source must be an address that can be fetched, got status ${response.status} from ${describe(String(address))}.`,
  )
}
