export { lpipsFiles, type ReadLpipsOptions, readLpips, readLpipsAveragePooling } from './read-lpips.js'
export { readDigitPerception, readFacePerception } from './read-perception.js'
