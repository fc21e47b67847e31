import { imageDataset, resizeDataset } from '@rectified-flow/datasets'
import { expect, it } from 'vitest'

const data = imageDataset({
  images: Uint8Array.of(0, 4, 8, 12, 100, 100, 200, 200),
  height: 2,
  width: 2,
  channels: 1,
  labels: Uint8Array.of(1, 0),
  classes: 2,
  classNames: ['cat', 'dog'],
})

it('resizes every image, and keeps classes', async () => {
  const small = resizeDataset(data, 1, { filter: 'box' })
  expect(small).toMatchObject({ count: 2, height: 1, width: 1, channels: 1, classNames: ['cat', 'dog'] })
  expect(await small.read([1, 0])).toEqual({ images: Uint8Array.of(150, 6), labels: [0, 1] })
})

it('refuses what is no dataset in memory, and a side that is none', () => {
  expect(() => resizeDataset({} as never, 1)).toThrow(
    'datasets.resizeDataset: data.batch must be a function, got undefined.',
  )
  expect(() => resizeDataset(data, 0)).toThrow('datasets.cropAndResize: resolution must be an integer in [1,')
})
