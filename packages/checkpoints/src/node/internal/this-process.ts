import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'

/**
 * An id of the machine, since its start, or of the container that our process number belongs to. Machines may have the same
 * host name, as containers and copies of a virtual machine do, and share a file system: so it has more in it than that name.
 */
export const machine = createHash('sha256')
  .update([hostname(), startOfMachine(), processNamespace()].join())
  .digest('hex')
  .slice(0, 8)

/** Whether a process of our machine exists. A dead process's number may belong to another process by now. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0) // signal 0 only asks, on Windows too
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function startOfMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
  } catch {
    // Not Linux. The addresses of the network cards tell machines apart, if not their starts.
    const cards = Object.values(networkInterfaces()).flatMap(cards => cards ?? [])
    return [...new Set(cards.map(({ mac }) => mac))].sort().join()
  }
}

/** Containers of one machine have their own process numbers. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return '' // not Linux
  }
}
