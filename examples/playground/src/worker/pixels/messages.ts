/** What the page has to know about a network. */
export interface Facts {
  side: number
  channels: number
  /** Number of classes; 0 where the network has none. */
  classes: number
  weights: number
}

/** How to draw or to invert: the class of each image, for networks with classes, and the number of network calls. */
export interface Manner {
  labels?: readonly number[]
  steps?: number
}

/** Images or noises [N,side,side,channels], and the milliseconds that they took. */
export interface Drawn {
  values: Float32Array
  ms: number
}

/** One round of Reflow: the teacher makes pairs, and a copy of it learns from them. */
export interface ReflowPlan {
  pairs: number
  /** Network calls in which the teacher makes a pair. */
  pairSteps: number
  steps: number
  batch: number
  learningRate: number
  seed: number
}

/** How far a round of Reflow is. */
export interface ReflowReport {
  phase: 'pairs' | 'training'
  done: number
  total: number
  /** Mean loss since the last report; while pairs are made there is none. */
  loss?: number
  /** What the student draws from the fixed noises, in one call. */
  images?: Float32Array
}
