import { useBackend } from '@rectified-flow/backends'
import { imageDataset } from '@rectified-flow/datasets'
import { beforeAll, expect, it } from 'vitest'
import { draw, measure, SIDE, spacesOf } from '../measure.js'
import { postTrained, SETTINGS, student } from '../post-train.js'

// The cpu backend takes minutes for what wasm does in seconds.
beforeAll(async () => {
  if (!process.env.BACKEND) await useBackend('wasm')
})

it('post-trains the student for a step, and measures both', { timeout: 120_000 }, async () => {
  const lines: string[] = []
  const before = await draw(await student(), 0, 12)
  const data = Uint8Array.from(before, value => Math.round((value + 1) * 127.5))
  const images = imageDataset({ images: data, height: SIDE, width: SIDE, channels: 1 })
  const net = await postTrained(images, 1, { ...SETTINGS, steps: 2, warmup: 1, batch: 2 }, line =>
    lines.push(line),
  )
  expect(lines).toEqual([expect.stringMatching(/^seed 1, step 1\/2: distance \d/)])
  const real = await spacesOf(before)
  expect(real.other.shape).toEqual([12, 64])
  const same = measure(real, real)
  expect(same.trained).toBeLessThan(1e-6)
  expect([same.precision, same.recall]).toEqual([1, 1])
  const after = measure(await spacesOf(await draw(net, 0, 12)), real)
  for (const space of ['trained', 'other', 'pixels'] as const)
    expect(after[space]).toBeGreaterThan(same[space])
})
