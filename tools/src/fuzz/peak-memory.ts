import { readFileSync, writeFileSync } from 'node:fs'

/** What a case may take beside three times its input: garbage that is not yet collected, and the readers' own buffers. */
export const ALLOWANCE = 64 * 2 ** 20

/** Start a measurement of the process's memory. The result gives how much it grew at most since then, in bytes. */
export function watchMemory(): () => number {
  const before = process.memoryUsage.rss()
  const resets = resetPeak()
  return () => Math.max(0, (resets ? peak() : process.resourceUsage().maxRSS * 1024) - before)
}

/** Linux can forget the highest memory that a process ever had. Elsewhere only a new record shows. */
function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
    return true
  } catch {
    return false
  }
}

function peak(): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}
