export {
  type AugmentationName,
  type Augmentations,
  type AugmentOptions,
  augment,
  augmentDim,
  edmAugmentations,
} from './augment/augment.js'
export { combineWeights } from './combine-weights.js'
export type { ResolvedUNetConfig, UNetConfig } from './config.js'
export { configFromEdm } from './config-from-edm.js'
export { configFromReference } from './config-from-reference.js'
export { denoiser, score, velocity } from './conversions.js'
export { createUNet } from './create-unet.js'
export type { DhariwalUNetConfig, ResolvedDhariwalUNetConfig } from './dhariwal-config.js'
export { DhariwalUNet } from './dhariwal-unet.js'
export { edmAverageVelocity } from './edm-average.js'
export { type EdmOptions, edmDenoiser, edmVelocity } from './edm-network.js'
export { type GuidanceOptions, guided } from './guided.js'
export { type LoadOptions, type LoadReport, loadWeights } from './load-weights.js'
export type {
  AverageNetwork,
  ForwardOptions,
  IntervalOptions,
  Network,
  TrainingOptions,
} from './network.js'
export { readClassNames, readConfig } from './network-metadata.js'
export { networkDenoiser, networkVelocity } from './precondition.js'
export { edm } from './preconditioners/edm.js'
export { type IddpmOptions, iddpm } from './preconditioners/iddpm.js'
export type { Coefficient, Coefficients, Preconditioner } from './preconditioners/preconditioner.js'
export { ve } from './preconditioners/ve.js'
export { type VpOptions, vp } from './preconditioners/vp.js'
export { presets } from './presets.js'
export { saveWeights, stateDict } from './save-weights.js'
export type { ResolvedSongUNetConfig, SongUNetConfig } from './song-config.js'
export { SongUNet } from './song-unet.js'
export { fromTorchState, type TrainingState, toTorchState } from './torch-state.js'
export { UNet, type WeightSource } from './unet.js'
export { loadUNet, type SaveUNetOptions, saveUNet } from './unet-file.js'
export { weightShapes } from './weight-shapes.js'
