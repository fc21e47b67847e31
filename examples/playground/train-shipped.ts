// Trains the two flows that the page opens with, on two moons, and writes them to src/plane/shipped.json:
//
//   pnpm --filter @rectified-flow/example-playground shipped     two minutes on two cores; needs built packages
//
// It prints their errors: one step of the 1-rectified flow ends near the mean of the data, one of the 2-rectified flow at it.
import { writeFile } from 'node:fs/promises'
import { useBackend } from '@rectified-flow/backends'
import { textToWeights, weightsToText } from './src/plane/series-text.js'
import { Plane } from './src/worker/plane.js'

const settings = { data: 'moons', ink: [], seed: 1 } as const
const steps = 6000

await useBackend('wasm')
const plane = new Plane(settings)
const train = (timesteps: 'uniform' | 'uShaped') =>
  plane.train({ steps, timesteps, loss: 'squaredL2' }, ({ round, step, loss }) => {
    if (step % 1000 === 0) console.log(`${round + 1}-RF, step ${step}: loss ${loss.toFixed(4)}`)
  })
await train('uniform')
await plane.reflow()
await train('uShaped')

const texts = (await plane.save()).map(weightsToText)
await writeFile(
  new URL('src/plane/shipped.json', import.meta.url),
  `${JSON.stringify({ ...settings, rounds: texts })}\n`,
)

const weights = await plane.save()
const shipped = new Plane(
  settings,
  texts.map((text, i) => textToWeights(text, weights[i]!.length)!),
)
for (const [name, one] of Object.entries({ trained: plane, shipped }))
  for (const round of [0, 1])
    for (const nfe of [1, 2, 4, 32]) {
      const error = await one.error({ round, solver: 'euler', nfe })
      console.log(
        `${name} ${round + 1}-RF, ${nfe} calls: squared energy distance ${error?.square.toFixed(5)} ± ${error?.deviation.toFixed(5)}`,
      )
    }
