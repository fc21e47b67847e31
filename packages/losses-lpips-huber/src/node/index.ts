export { readDigitPerception } from './digit-perception.js'
export { lpipsFiles, type ReadLpipsOptions, readLpips, readLpipsAveragePooling } from './read-lpips.js'
