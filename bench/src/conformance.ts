// The conformance suite without a test runner, for a machine that has only a bundle:
//   node conformance.mjs [backend...]

import type { BackendName } from '@rectified-flow/backends'
import { useBackend } from '@rectified-flow/backends'
import { cases } from '../../test/conformance/cases.js'
import { results, worstError } from '../../test/conformance/compare.js'

const backends = (process.argv.length > 2 ? process.argv.slice(2) : ['webgpu']) as BackendName[]
await useBackend('cpu')
const expected: Float32Array[][] = []
for (const one of cases) expected.push(await results(one))

let failed = 0
for (const backend of backends) {
  const { device } = await useBackend(backend)
  console.log(`${backend}${device ? `: ${device}` : ''}`)
  for (const [i, one] of cases.entries()) {
    const error = worstError(await results(one), expected[i]!)
    const fine = error <= one.tolerance
    if (!fine) failed++
    console.log(
      `${fine ? 'ok  ' : 'FAIL'} ${one.group}: ${one.name}: ${error.toExponential(1)} of ${one.tolerance}`,
    )
  }
}
console.log(`${backends.length * cases.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0) // else Dawn's threads keep the process alive
