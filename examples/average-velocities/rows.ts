import type { Premetric, TimestepDistribution } from '@rectified-flow/core'
import { perceptualDistance } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception } from '@rectified-flow/losses-lpips-huber/node'
import {
  intervals,
  type ObjectiveOptions,
  meanFlow as papersMeanFlow,
  rectifiedMeanFlow,
  splitMeanFlow,
} from '@rectified-flow/reflow/objectives'
import { recipe } from '@rectified-flow/reflow/paper'
import { uniform, uShaped } from '@rectified-flow/timestep-dists'

/**
 * An average velocity's times keep away from 0 and 1, where EDM's label of t changes without bound. The paper's MeanFlow draws
 * logit-normal times; these are uniform, so that they reach the noise.
 */
export const EDGE = 0.01

/** How a row is trained. */
export interface Row {
  title: string
  /** Random weights, or the teacher's. */
  start: 'random' | 'teacher'
  /** The teacher's pairs, or real images with fresh noise. */
  data: 'pairs' | 'images'
  /** Passes through the network in a step, where a backward pass counts as two. */
  passes: number
  options: () => Promise<
    { objective?: undefined; timesteps: TimestepDistribution; premetric: Premetric } | ObjectiveOptions
  >
}

const meanFlow = async () => ({
  ...papersMeanFlow(),
  timesteps: intervals(uniform({ epsilon: EDGE }), { share: 0.5 }),
})

/** Re-MeanFlow's times. */
const timesOnPairs = () => intervals(uShaped({ epsilon: EDGE }), { share: 0.5, snap: 0.5 })

export const ROWS: Record<string, Row> = {
  '2-rf++': {
    title: "2-rectified flow++ (E) on the teacher's pairs",
    start: 'teacher',
    data: 'pairs',
    passes: 3,
    async options() {
      const { features, heads } = await readDigitPerception()
      return recipe('E', perceptualDistance(features, heads ? { heads } : {}))
    },
  },
  meanflow: {
    title: 'MeanFlow from random weights, on real images',
    start: 'random',
    data: 'images',
    passes: 5,
    options: meanFlow,
  },
  'meanflow-teacher': {
    title: "MeanFlow from the teacher's weights, on real images",
    start: 'teacher',
    data: 'images',
    passes: 5,
    options: meanFlow,
  },
  'split-pairs': {
    title: "SplitMeanFlow from the teacher's weights, on its pairs with Re-MeanFlow's times",
    start: 'teacher',
    data: 'pairs',
    passes: 5,
    options: async () => ({
      ...splitMeanFlow(),
      timesteps: timesOnPairs(),
    }),
  },
  're-meanflow': {
    title: "Re-MeanFlow from the teacher's weights, on its pairs",
    start: 'teacher',
    data: 'pairs',
    passes: 5,
    options: async () => ({
      ...rectifiedMeanFlow(),
      timesteps: timesOnPairs(),
    }),
  },
}
