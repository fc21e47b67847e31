export { frechetDistanceInWorker } from './frechet-distance-in-worker.js'
export { fidInceptionFile, type ReadFidInceptionOptions, readFidInception } from './read-fid-inception.js'
export {
  readCifarFeatures,
  readDigitFeatures,
  readFaceFeatures,
  readSmallDigitFeatures,
} from './read-small-features.js'
export {
  clipBase32File,
  dinov2SmallFile,
  type ReadVisionTransformerOptions,
  readClip,
  readDinov2,
} from './read-vision-transformer.js'
