import os from 'node:os'
import type { Report } from './report.js'

export function machine(): Report['machine'] {
  return {
    cpu: (os.cpus()[0]?.model ?? process.arch).trim(),
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.release()}`,
    date: new Date().toISOString().slice(0, 10),
  }
}

/** A file name for this machine: its processor, its cores and, if one was used, its GPU. Quick runs are marked. */
export function machineName({ machine: { cpu, cores }, participants, quick }: Report): string {
  const gpu = participants.webgpu?.device ?? participants['node-gpu']?.device ?? ''
  return `${cpu} ${cores} cores ${gpu} ${quick ? 'quick' : ''}`
    .toLowerCase()
    .replace(/\((r|tm)\)/g, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
}
