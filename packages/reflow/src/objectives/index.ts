export { alongGrid } from './along-grid.js'
export { type ConsistencyOptions, consistency } from './consistency.js'
export { type FrechetLossOptions, frechetLoss } from './frechet.js'
export { improvedMeanFlow } from './improved-mean-flow.js'
export { type IntervalOptions, intervals } from './intervals.js'
export { type MeanFlowOptions, meanFlow } from './mean-flow.js'
export type {
  AnyObjective,
  Crossing,
  IntervalDistribution,
  Objective,
  ObjectiveOptions,
} from './objective.js'
export { rectifiedMeanFlow } from './rectified-mean-flow.js'
export { type ShortcutOptions, shortcut } from './shortcut.js'
export { splitMeanFlow } from './split-mean-flow.js'
export { type TwoStepOptions, twoStep } from './two-step.js'
