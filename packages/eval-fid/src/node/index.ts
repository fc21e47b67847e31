export { readDigitFeatures } from './read-digit-features.js'
