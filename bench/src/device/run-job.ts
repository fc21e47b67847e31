import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Entry, LEFT_OUT, type Outcome } from './job.js'

interface Command {
  command: string
  args: readonly string[]
  /** After this time the process and its children are killed. */
  seconds: number
  /** Called after each entry, with everything so far. */
  onEntry(outcome: Outcome): void
}

/**
 * Run a job's process, which prints an entry a line, as JSON. It never throws: what went wrong is in `ended`, and entries
 * from before are kept.
 */
export async function runJob(job: string, { command, args, seconds, onEntry }: Command): Promise<Outcome> {
  const start = performance.now()
  const outcome: Outcome = { job, ended: 'is running', seconds: 0, entries: [] }
  const elapsed = () => Math.round((performance.now() - start) / 100) / 10
  // A process group of its own: a job may start others, and all of them must end with it.
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let stderr = ''
  child.stderr.on('data', text => {
    stderr = (stderr + text).slice(-2000)
  })
  createInterface({ input: child.stdout }).on('line', line => {
    const entry = entryOf(line)
    if (!entry) return
    outcome.entries.push(entry)
    outcome.seconds = elapsed()
    onEntry(outcome)
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    kill(child.pid)
  }, seconds * 1000)
  const ended = await new Promise<string>(resolve => {
    child.on('error', ({ message }) => resolve(message))
    child.on('close', (code, signal) => {
      if (late) resolve(`killed after ${Math.round(seconds)} s`)
      else if (code === 0) resolve('done')
      else if (code === LEFT_OUT) resolve(`left out: ${stderr.trim()}`)
      else resolve(`ended with ${signal ?? code}: ${stderr.trim()}`)
    })
  })
  clearTimeout(timer)
  kill(child.pid) // what it may have left behind
  return { ...outcome, ended, seconds: elapsed() }
}

function entryOf(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined // printed by something else
  }
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}
