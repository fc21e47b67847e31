// Runs cases that the pool asks for, one after the other, and tells when each begins and how it ended.
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { inputOf, runInput } from './run-case.js'
import { targetOf } from './targets.js'

/** Case `number` of a target; `twice` runs it a second time, when nothing has to be loaded any more. */
export interface Request {
  target: string
  seed: number
  number: number
  twice?: boolean
}

tf.env().set('IS_TEST', true) // no greeting
// A trainer asks whether there are gradients. No case takes one, and tfjs's own can't be loaded without a bundler.
tf.registerGradient({ kernelName: tf.Add, gradFunc: () => ({}) })
await tf.setBackend('cpu')
process.on('message', async ({ target: name, seed, number, twice }: Request) => {
  const target = targetOf(name)
  const files = await inputOf(target, seed, number)
  if (twice) await runInput(target, files)
  process.send!(await runInput(target, files))
})
process.on('disconnect', () => process.exit())
process.send!('ready')
