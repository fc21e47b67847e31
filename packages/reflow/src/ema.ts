import { checkBackend, checkFunction, checkKind, checkOptions, type Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Schedule } from './schedule.js'

const WHERE = 'reflow.Ema'

/**
 * One more moving average of weights beside a trainer's own, such as EDM2's second one:
 *
 *   average = d average + (1 - d) weight     d = decay(update), update = 1, 2, ...
 *
 * It owns its variables, and borrows the weights.
 */
export class Ema {
  readonly #pairs: readonly { name: string; weight: tf.Variable; average: tf.Variable }[]
  readonly #decay: Schedule
  #updates = 0

  /** @param options  `decay`, a function of the update from 1, such as `powerEma({ sigmaRel: 0.1 })` */
  constructor(weights: Weights, options: { decay: Schedule }) {
    checkOptions<{ decay: Schedule }>(WHERE, options, { decay: 'required' })
    checkKind(WHERE, 'weights', weights, "a Map of variables, such as a network's weights", ['get', 'values'])
    checkFunction(WHERE, 'decay', options.decay)
    checkBackend(WHERE)
    this.#decay = options.decay
    this.#pairs = [...weights].map(([name, weight]) => ({
      name,
      weight,
      average: tf.tidy(() => tf.variable(tf.clone(weight), false)),
    }))
  }

  /** The averages; borrowed, and every update changes them. */
  get weights(): Weights {
    return new Map(this.#pairs.map(({ name, average }) => [name, average]))
  }

  /** How many updates there were. */
  get updates(): number {
    return this.#updates
  }

  /** Take the weights as they are now into the averages: once after each step of training. */
  update(): void {
    const decay = this.#decay(++this.#updates)
    for (const { weight, average } of this.#pairs)
      tf.tidy(() => average.assign(tf.add(tf.mul(average, decay), tf.mul(weight, 1 - decay))))
  }

  dispose(): void {
    for (const { average } of this.#pairs) average.dispose()
  }
}
