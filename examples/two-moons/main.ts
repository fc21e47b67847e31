// Rectified flows in the plane: trains 1-rectified flows from noise to two moons, eight Gaussians and a checkerboard,
// straightens each by one round of Reflow, and writes their paths to runs/two-moons/paths.svg and paths.png.
//
//   pnpm --filter @rectified-flow/example-two-moons start
//
// Under a minute on two CPU cores; the one-step distance to the two moons falls from 0.99 to 0.05.
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { twoMoons } from './two-moons.js'

const out = fileURLToPath(new URL('../../runs/two-moons/', import.meta.url))
const settings = {
  points: 8192,
  steps: [1200, 800],
  batch: 256,
  teacherSteps: 32,
  measured: 4096,
  seed: 1,
} as const

await useBackend('wasm')
console.log('                             straightness   sliced Wasserstein distance')
console.log('                                            1 step    2      4      8')
await twoMoons(settings, out, ({ points, flow, straightness, distance }) => {
  const numbers = Object.values(distance)
    .map(value => value.toFixed(3))
    .join('  ')
  console.log(
    `${points.padEnd(18)} ${flow.padEnd(8)}  ${(straightness?.toFixed(3) ?? '').padStart(8)}         ${numbers}`,
  )
})
console.log(`wrote ${out}paths.svg and paths.png`)
