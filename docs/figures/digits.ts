import { toPng } from '@rectified-flow/flow'
import { loadFlow } from '@rectified-flow/flow/node'

/** Digits that the shipped network draws, each in one network call. */
export async function digits(): Promise<Uint8Array> {
  const flow = await loadFlow('digits')
  return toPng(flow.sample(48, { steps: 1, seed: 0 }), { columns: 8, gap: 4, scale: 2 })
}
