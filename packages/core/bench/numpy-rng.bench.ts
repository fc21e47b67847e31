// Nanoseconds per draw of numpyRng, and milliseconds for the noise of one 32x32x3 image. After `pnpm build`:
//   node --import tsx packages/core/bench/numpy-rng.bench.ts
import os from 'node:os'
import { performance } from 'node:perf_hooks'
import { createRng, numpyRng } from '@rectified-flow/core'

const [ours, philox] = [numpyRng(0), createRng(0)]
const bodies: Record<string, (n: number) => unknown> = {
  'numpyRng random': n => ours.random(n),
  'numpyRng standardNormal': n => ours.standardNormal(n),
  'numpyRng standardNormal32': n => ours.standardNormal32(n),
  'createRng normals': n => philox.normals(n),
}
console.log(`${os.cpus()[0]?.model}, Node ${process.version}`)
for (const [name, body] of Object.entries(bodies)) {
  const time = (n: number) => {
    const start = performance.now()
    body(n)
    return performance.now() - start
  }
  const least = (n: number) => Math.min(...Array.from({ length: 9 }, () => time(n)))
  const [million, image] = [least(1e6), least(3072)]
  console.log(`${name.padEnd(28)} ${million.toFixed(0)} ns a draw, ${image.toFixed(2)} ms an image`)
}
