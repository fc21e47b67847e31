import { readFileSync } from 'node:fs'
import { cropAndResize, type ResizeFilter } from '@rectified-flow/datasets'
import { describe, expect, it } from 'vitest'

interface Case {
  height: number
  width: number
  channels: number
  resolution: number
  pixels: number[]
  want: Record<ResizeFilter, number[]>
}

const { cases } = JSON.parse(readFileSync(new URL('golden/resize.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

describe('cropAndResize', () => {
  it.each(
    cases.map(one => [`${one.height}x${one.width}x${one.channels} to ${one.resolution}`, one] as const),
  )("is Pillow's, to the last bit: %s", (_, { pixels, want, resolution, ...size }) => {
    for (const [filter, expected] of Object.entries(want)) {
      const image = cropAndResize({ ...size, data: Uint8Array.from(pixels) }, resolution, {
        filter: filter as ResizeFilter,
      })
      expect([...image.data], filter).toEqual(expected)
    }
  })

  it('says what is wrong', () => {
    const image = { data: new Uint8Array(4), height: 2, width: 2, channels: 1 }
    expect(() => cropAndResize(image, 0)).toThrow(
      'datasets.cropAndResize: resolution must be an integer in [1, 16384], got 0.',
    )
    expect(() => cropAndResize(image, 1, { filter: 'nearest' as 'box' })).toThrow(
      "datasets.cropAndResize: filter must be one of box, bilinear, bicubic, lanczos, got 'nearest'.",
    )
  })
})
