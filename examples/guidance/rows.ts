import type { GuidanceOptions } from '@rectified-flow/unet'

/** What guides the teacher: nothing, itself without labels, or the guide with the same labels. `alone` is the guide unguided. */
export interface Row {
  guide: 'none' | 'alone' | 'itself' | 'smaller'
  options: GuidanceOptions
}

const scales = [1.5, 2, 3]
const byItself = (options: GuidanceOptions): Row => ({ guide: 'itself', options })
const byGuide = (options: GuidanceOptions): Row => ({ guide: 'smaller', options })

/** The rows of the table by their titles. */
export const ROWS: Record<string, Row> = {
  'no guidance': { guide: 'none', options: { scale: 1 } },
  'the guide alone': { guide: 'alone', options: { scale: 1 } },
  ...Object.fromEntries(scales.map(scale => [`itself without labels, ${scale}`, byItself({ scale })])),
  'the same, t in [0.2, 0.8]': byItself({ scale: 3, interval: [0.2, 0.8] }),
  'the same, rescale 0.7': byItself({ scale: 3, rescale: 0.7 }),
  ...Object.fromEntries(scales.map(scale => [`the guide, ${scale}`, byGuide({ scale })])),
}
