import { join } from 'node:path'
import { cases } from '../../../../test/conformance/cases.js'
import { results, worstError } from '../../../../test/conformance/compare.js'
import { readConformance } from '../conformance-file.js'
import type { Job } from '../job.js'
import { openDevice } from '../open-device.js'

/** The conformance suite: each case against tfjs's plain JavaScript. Throws at the end if a case failed. */
export const conformance: Job = async run => {
  const expected = readConformance(join(run.pack, 'conformance.safetensors'))
  await openDevice(run)
  let failed = 0
  for (const [i, one] of cases.entries()) {
    const { group, name, tolerance } = one
    if (run.left() < 1) throw new Error(`no time left for ${name}, case ${i + 1} of ${cases.length}`)
    const result = await results(one).then(
      actual => ({ error: worstError(actual, expected[i]!) }),
      (error: Error) => ({ error: Number.POSITIVE_INFINITY, message: error.message }),
    )
    const passed = result.error <= tolerance
    if (!passed) failed++
    run.record({ group, name, tolerance, passed, ...result })
  }
  if (failed > 0) throw new Error(`${failed} of ${cases.length} cases failed`)
}
