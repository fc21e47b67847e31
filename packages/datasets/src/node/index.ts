export {
  attributesOfLogits,
  drawFaces,
  FACE_ATTRIBUTES,
  FACE_CLASSES,
  type FaceAttribute,
  type FaceAttributes,
  type FaceDataset,
  type FacesOptions,
  faceAttributes,
  faceClass,
} from './draw-faces.js'
export { fetchCifar10, fetchMnist } from './fetch-datasets.js'
export type { ImageFilesOptions } from './image-files.js'
export { mergePairStores } from './merge-pair-stores.js'
export { type OpenImagesOptions, openImages } from './open-images.js'
export { createPairStore, openPairStore } from './open-pair-store.js'
export { PairStore, type ShardProblem, type StorePart, type VerifyOptions } from './pair-store.js'
export { type Cifar10Options, readCifar10 } from './read-cifar10.js'
export { type MnistOptions, readMnist } from './read-mnist.js'
export { readNpzImages } from './read-npz-images.js'
export { openReferencePairs, type ReferencePairs } from './reference-pairs.js'
export { writePngGrid } from './write-png-grid.js'
export { type StatePairs, type WriteReferenceOptions, writeReferencePairs } from './write-reference-pairs.js'
export { type WebDatasetOptions, writeWebDataset } from './write-webdataset.js'
export { ZipReader } from './zip-reader.js'
export { ZipWriter } from './zip-writer.js'
