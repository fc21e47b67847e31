// npm run build, then: npx tsx packages/eval-fid/bench/frechet-distance.bench.ts [features...]
import { cpus } from 'node:os'
import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, frechetDistance } from '@rectified-flow/eval-fid'

/** Statistics of n samples whose features have scales that fall by 1,000, as those of trained networks do. */
function statistics(dim: number, n: number, seed: number): FeatureStatistics {
  const rng = createRng(seed)
  const result = new FeatureStatistics(dim)
  for (let from = 0; from < n; from += 256) {
    const rows = Math.min(256, n - from)
    result.add(rng.normals(rows * dim).map((z, i) => z * 1000 ** (-(i % dim) / dim)))
  }
  return result
}

console.log(`${cpus()[0]?.model}, node ${process.version}, processor time`)
const dims = process.argv.slice(2).map(Number)
for (const dim of dims.length > 0 ? dims : [64, 512, 2048]) {
  for (const n of [dim + 500, dim / 2]) {
    const start = process.cpuUsage()
    const [a, b] = [statistics(dim, n, 1), statistics(dim, n, 2)].map(s => s.moments())
    const added = process.cpuUsage(start)
    const distance = frechetDistance(a!, b!)
    const total = process.cpuUsage(start)
    const peak = process.resourceUsage().maxRSS / 1024
    console.log(
      `${dim} features, 2 x ${n} samples: statistics ${(added.user / 1e6).toFixed(2)} s, ` +
        `distance ${((total.user - added.user) / 1e6).toFixed(2)} s (${distance.toFixed(4)}), peak ${peak.toFixed(0)} MiB`,
    )
  }
}
