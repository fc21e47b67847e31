import { execFileSync } from 'node:child_process'

const FIELDS = ['name', 'driver_version', 'memory.total', 'memory.used', 'clocks.sm', 'power.limit'] as const

/** What nvidia-smi says about the first GPU, by field; undefined where there is no nvidia-smi. Memory is in MiB. */
export function nvidiaSmi(): Record<(typeof FIELDS)[number], string> | undefined {
  try {
    const text = execFileSync(
      'nvidia-smi',
      [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits', '--id=0'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000 },
    )
    const values = text.trim().split(', ')
    return Object.fromEntries(FIELDS.map((field, i) => [field, values[i]!])) as Record<
      (typeof FIELDS)[number],
      string
    >
  } catch {
    return undefined
  }
}

/** MiB of the device in use, by all processes. */
export function deviceMiB(): number | undefined {
  const used = Number(nvidiaSmi()?.['memory.used'])
  return Number.isFinite(used) ? used : undefined
}
