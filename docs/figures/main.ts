// Draws the pictures of the concepts into this folder: pnpm --filter @rectified-flow/docs figures
import { writeFileSync } from 'node:fs'
import { useBackend } from '@rectified-flow/backends'
import { averages } from './averages.js'
import { backends } from './backends.js'
import { diffusion } from './diffusion.js'
import { digits } from './digits.js'
import { distances } from './distances.js'
import { paths } from './paths.js'
import { premetrics } from './premetrics.js'
import { randomNumbers } from './random-numbers.js'
import { samplers } from './samplers.js'
import { timesteps } from './timesteps.js'

await useBackend('wasm')
const pictures = {
  averages,
  backends,
  diffusion,
  distances,
  paths,
  premetrics,
  'random-numbers': randomNumbers,
  samplers,
  timesteps,
}
for (const [name, draw] of Object.entries(pictures)) {
  const file = new URL(`${name}.svg`, import.meta.url)
  writeFileSync(file, await draw())
}
writeFileSync(new URL('../public/digits.png', import.meta.url), await digits())
