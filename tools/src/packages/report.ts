let failed = 0

/** Print one line per package and check, with what it found; `problem` is null if the check passed. */
export function report(name: string, check: string, problem: string | null): void {
  console.log(`${problem === null ? 'ok  ' : 'FAIL'} ${name}: ${check}`)
  if (problem === null) return
  failed++
  console.log(problem.trim().slice(0, 4000).replace(/^/gm, '     '))
}

/** The number of checks that failed. */
export const failures = () => failed
