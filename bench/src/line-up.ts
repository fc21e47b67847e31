import { fileURLToPath } from 'node:url'
import { BACKENDS, type BackendName } from '@rectified-flow/backends'
import { ON_GPU, ONLY_BY_NAME } from './backends.js'
import type { BenchOptions } from './options.js'
import { Participant } from './participant.js'

/** The participants: backends with the packages' kernels, backends with tfjs's own, and PyTorch. */
export interface LineUp {
  backends: { name: BackendName; ours: Participant; stock: Participant }[]
  /** PyTorch on the CPU if a backend computes there, and on a GPU if a backend computes there. */
  torch: Partial<Record<'cpu' | 'cuda', Participant>>
  /** Backends (or PyTorch) that are missing on this machine, and why. */
  absent: Record<string, string>
}

/** Start every process. Throws if a backend that was named in the options is missing. */
export async function lineUp({ backends, quick, python }: BenchOptions): Promise<LineUp> {
  const result: LineUp = { backends: [], torch: {}, absent: {} }
  const here = async (participant: Participant, name = participant.id) => {
    try {
      await participant.start()
      return true
    } catch (error) {
      await participant.stop()
      result.absent[name] = (error as Error).message.trim().split('\n').at(-1) as string
      return false
    }
  }

  for (const name of backends ?? BACKENDS.filter(one => !ONLY_BY_NAME.includes(one))) {
    const [ours, stock] = [false, true].map(isStock => child(name, isStock, quick)) as [
      Participant,
      Participant,
    ]
    if (await here(ours, name)) {
      await stock.start()
      result.backends.push({ name, ours, stock })
    } else if (backends) throw new Error(`bench: ${result.absent[name]}`)
  }
  for (const device of ['cpu', 'cuda'] as const) {
    if (!result.backends.some(({ name }) => (device === 'cuda') === ON_GPU.includes(name))) continue
    const script = fileURLToPath(new URL('../pytorch/bench.py', import.meta.url))
    const torch = new Participant({
      id: device === 'cpu' ? 'PyTorch' : 'PyTorch on CUDA',
      command: python,
      args: ['-u', script, device, quick ? 'quick' : 'full'],
    })
    if (await here(torch)) result.torch[device] = torch
  }
  return result
}

function child(backend: BackendName, stock: boolean, quick: boolean): Participant {
  return new Participant({
    id: stock ? `${backend} stock` : backend,
    command: process.execPath,
    args: [...process.execArgv, process.argv[1]!, '--child', JSON.stringify({ backend, stock, quick })],
  })
}

export function everyone({ backends, torch }: LineUp): Participant[] {
  return [...backends.flatMap(({ ours, stock }) => [ours, stock]), ...Object.values(torch)]
}
