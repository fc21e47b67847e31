export { readDigitPerception } from './digit-perception.js'
