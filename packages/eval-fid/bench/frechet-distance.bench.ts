// npm run build, then: npx tsx packages/eval-fid/bench/frechet-distance.bench.ts [features...]
// If python3 has SciPy, its sqrtm is timed on the same covariances in the same run.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'

/** Statistics of n samples. The scales of the features differ by a factor of 1,000, as in trained networks. */
function statistics(dim: number, n: number, seed: number): FeatureStatistics {
  const rng = createRng(seed)
  const result = new FeatureStatistics(dim)
  for (let from = 0; from < n; from += 256) {
    const rows = Math.min(256, n - from)
    result.add(rng.normals(rows * dim).map((z, i) => z * 1000 ** (-(i % dim) / dim)))
  }
  return result
}

/** Seconds and trace of scipy.linalg.sqrtm(A B), or the reason why there are none. */
function scipy(a: Moments, b: Moments): string {
  const folder = mkdtempSync(join(tmpdir(), 'sqrtm-'))
  for (const [name, { covariance }] of Object.entries({ a, b }))
    writeFileSync(join(folder, name), new Uint8Array(covariance.buffer))
  const code = `
import sys, time, numpy as np, scipy.linalg
a, b = [np.fromfile(sys.argv[1] + '/' + name).reshape(${a.mean.length}, -1) for name in 'ab']
wall, processor = time.time(), time.process_time()
trace = np.trace(scipy.linalg.sqrtm(a @ b)).real
print(time.time() - wall, time.process_time() - processor, trace)`
  const { stdout, status } = spawnSync('python3', ['-c', code, folder], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  if (status !== 0) return 'no SciPy here'
  const [wall, processor, trace] = stdout.split(' ').map(Number) as [number, number, number]
  const traces = [a, b].reduce((sum, { covariance, mean }) => {
    for (let i = 0; i < mean.length; i++) sum += covariance[i * (mean.length + 1)]!
    return sum
  }, 0)
  const apart = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0)
  return `SciPy ${wall.toFixed(2)} s, processor ${processor.toFixed(2)} s (${apart + traces - 2 * trace})`
}

console.log(`${cpus()[0]?.model}, node ${process.version}`)
const dims = process.argv.slice(2).map(Number)
for (const dim of dims.length > 0 ? dims : [64, 512, 2048]) {
  for (const n of [dim + 500, dim / 2]) {
    const start = process.cpuUsage()
    const [a, b] = [statistics(dim, n, 1), statistics(dim, n, 2)] as const
    const added = process.cpuUsage(start)
    const wall = performance.now()
    const distance = frechetDistance(a, b)
    const seconds = (performance.now() - wall) / 1e3
    const total = process.cpuUsage(start)
    const peak = process.resourceUsage().maxRSS / 1024
    console.log(
      `${dim} features, 2 x ${n} samples: statistics ${(added.user / 1e6).toFixed(2)} s, distance ${seconds.toFixed(2)} s, ` +
        `processor ${((total.user - added.user) / 1e6).toFixed(2)} s (${distance}), peak ${peak.toFixed(0)} MiB; ${scipy(a, b)}`,
    )
  }
}
