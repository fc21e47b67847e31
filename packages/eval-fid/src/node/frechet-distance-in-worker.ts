import { Worker } from 'node:worker_threads'
import type { Moments } from '../feature-statistics.js'
import { checkMoments, distanceFromTrace } from '../frechet-distance.js'
import { linalgModule } from '../linalg/kernels.js'
import { checkTrace, runTraceSqrtProduct } from '../linalg/trace-sqrt-product.js'

const source = `
  const { parentPort, workerData: { module, a, b, dim } } = require('node:worker_threads')
  const run = ${runTraceSqrtProduct}
  parentPort.postMessage(run(module, a, b, dim))
`

/** `frechetDistance` in a worker thread, so that the event loop stays free. The same number, bit for bit. */
export async function frechetDistanceInWorker(a: Moments, b: Moments): Promise<number> {
  const dim = checkMoments('eval-fid.frechetDistanceInWorker', a, b)
  const workerData = { module: linalgModule(), a: share(a.covariance), b: share(b.covariance), dim }
  const worker = new Worker(source, { eval: true, workerData })
  try {
    const trace = await new Promise<number>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
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
