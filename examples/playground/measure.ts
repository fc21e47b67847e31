// Measures what the page claims about two moons, over five seeds, each with its own data, pairs, noise and start:
//
//   pnpm --filter @rectified-flow/example-playground measure     ten minutes on two cores; needs built packages
//
// It prints energy distances, the page's error: mean and standard deviation over the seeds. README.md holds its tables.
import { useBackend } from '@rectified-flow/backends'
import type { LossName, SolverName, TimestepsName } from './src/choices.js'
import { Plane } from './src/worker/plane.js'
import { race } from './src/worker/race.js'

const SEEDS = [1, 2, 3, 4, 5]
const STEPS = { first: 1200, later: 800 }
const racers = (
  [
    ['uniform', 'squaredL2'],
    ['uShaped', 'squaredL2'],
    ['logitNormal', 'squaredL2'],
    ['exponentialRising', 'squaredL2'],
    ['uniform', 'pseudoHuber'],
    ['uShaped', 'pseudoHuber'],
  ] satisfies [TimestepsName, LossName][]
).map(([timesteps, loss]) => ({ timesteps, loss }))

const found = new Map<string, number[]>()
const note = (what: string, number: number) => found.set(what, [...(found.get(what) ?? []), number])
const distance = (square: number) => Math.sqrt(Math.max(0, square))

await useBackend('wasm')
for (const seed of SEEDS) {
  const plane = new Plane({ data: 'moons', ink: [], seed })
  const training = { timesteps: 'uniform', loss: 'squaredL2' } as const
  for (const round of [0, 1, 2]) {
    if (round > 0) await plane.reflow()
    await plane.train({ ...training, steps: round === 0 ? STEPS.first : STEPS.later }, () => {})
    note(`${round + 1}-RF, bend`, await plane.straightness(round))
    const measure = async (solver: SolverName, nfe: number) => {
      const error = await plane.error({ round, solver, nfe })
      note(`${round + 1}-RF, ${solver}, ${nfe} calls`, distance(error!.square))
    }
    for (const nfe of [1, 2, 3, 4, 5, 8, 16, 32]) await measure('euler', nfe)
    for (const nfe of [2, 3, 4, 5]) await measure('newRule', nfe)
  }
  await race(plane, { racers, steps: STEPS.later, seed }, ({ racer, step, square }) => {
    const { timesteps, loss } = racers[racer]!
    if ([100, 400, 800].includes(step)) note(`race, ${timesteps}, ${loss}, ${step} steps`, distance(square))
    return true
  })
  await plane.dispose()
  console.log(`seed ${seed} is measured`)
}

for (const [what, numbers] of found) {
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / (numbers.length - 1)
  console.log(`${what}: ${mean.toFixed(4)} ± ${Math.sqrt(variance).toFixed(4)}`)
}
