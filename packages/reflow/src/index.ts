export type { BatchLoss } from './batch-loss.js'
export { bitsPerDim } from './bits-per-dim.js'
export { type CouplingContext, type CouplingName, couplings } from './choices.js'
export { alone, type Communicator } from './communicator.js'
export { independentCoupling } from './couplings/independent.js'
export { type MixturePart, mixtureCoupling } from './couplings/mixture.js'
export { type OnlineOptions, onlineCoupling } from './couplings/online.js'
export { type OptimalTransportOptions, optimalTransportCoupling } from './couplings/optimal-transport.js'
export { type PrefetchedCoupling, prefetch } from './couplings/prefetch.js'
export { storedCoupling } from './couplings/stored.js'
export { type TruncationOptions, truncatedCoupling } from './couplings/truncated.js'
export { curvature } from './curvature.js'
export { type EarlyStoppingOptions, earlyStopping } from './early-stopping.js'
export { Ema } from './ema.js'
export { emaWarmUp } from './ema-warm-up.js'
export {
  type GeneratePairsOptions,
  generatePairs,
  type MadePairs,
  type PairTeacher,
  type Teacher,
} from './generate-pairs.js'
export type { FillOptions } from './internal/fill-store.js'
export { INVERSION_START, type InvertOptions, invert, invertTrajectory } from './invert.js'
export { type Inverter, invertPairs } from './invert-pairs.js'
export { type LogLikelihoodOptions, logLikelihood } from './log-likelihood.js'
export {
  type DynamicLossScaleOptions,
  dynamicLossScale,
  type LossScale,
  type LossScaleState,
} from './loss-scale.js'
export {
  type MeasuredSampleOptions,
  measuredSample,
  type PairMeasure,
  pairMeasures,
} from './measured-sample.js'
export { type OvershootingOptions, overshooting } from './overshooting.js'
export { type AverageProfile, postHocWeights } from './post-hoc-ema.js'
export { powerEma } from './power-ema.js'
export { type FlowPreview, type PreviewOptions, previewFlow } from './preview.js'
export { type SampleOptions, sample, sampleTrajectory } from './sample.js'
export { type EdmSamplerOptions, type EdmSamplerState, sampleEdm } from './sample-edm.js'
export { type SamplerOptions, START_TIME, sampler, samplerNames, TWO_STEP_GRID } from './sampler.js'
export {
  cosineDecay,
  type DecayOptions,
  linearDecay,
  type Schedule,
  type WarmUpOptions,
  warmUp,
} from './schedule.js'
export { slerp } from './slerp.js'
export { straightness } from './straightness.js'
export { Trainer } from './trainer.js'
export type { AverageTrainerOptions, SharedTrainerOptions, TrainerOptions } from './trainer-options.js'
export type { TrainerState } from './trainer-state.js'
export type { TrainerStep } from './trainer-step.js'
export { type TranslateOptions, translate } from './translate.js'
export type { ValidateOptions } from './validation-loss.js'
export type { SamplerState, SampleTrajectory } from './walk.js'
