import { Worker } from 'node:worker_threads'
import { notSemidefinite, slackOf } from '../check-moments.js'
import { checkTwo, distanceFromTrace } from '../frechet-distance.js'
import { linalgModule } from '../linalg/kernels.js'
import { runSemidefinite } from '../linalg/semidefinite.js'
import { checkTrace, runTraceSqrtProduct } from '../linalg/trace-sqrt-product.js'
import type { Moments } from '../moments.js'

const source = `
  const { parentPort, workerData: { module, a, b, dim } } = require('node:worker_threads')
  const semidefinite = ${runSemidefinite}
  const trace = ${runTraceSqrtProduct}
  const bad = [a, b].findIndex(({ covariance, slack }) => !semidefinite(module, covariance, slack))
  parentPort.postMessage({ bad, trace: bad < 0 ? trace(module, a.covariance, b.covariance, dim) : 0 })
`

/** `frechetDistance` in a worker thread, so that the event loop stays free. The same number, bit for bit. */
export async function frechetDistanceInWorker(a: Moments, b: Moments): Promise<number> {
  const where = 'eval-fid.frechetDistanceInWorker'
  checkTwo(where, a, b)
  const matrices = [a, b].map(({ covariance }) => ({
    covariance: share(covariance),
    slack: slackOf(covariance),
  }))
  const workerData = { module: linalgModule(), a: matrices[0], b: matrices[1], dim: a.mean.length }
  const worker = new Worker(source, { eval: true, workerData })
  try {
    const { bad, trace } = await new Promise<{ bad: number; trace: number }>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    if (bad >= 0) throw notSemidefinite(where, `${'ab'[bad]}.covariance`, matrices[bad]!.slack)
    return distanceFromTrace(a, b, checkTrace(trace))
  } finally {
    await worker.terminate()
  }
}

/** A copy in shared memory, which the worker reads without another copy. */
function share(numbers: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(numbers.byteLength))
  shared.set(numbers)
  return shared
}
