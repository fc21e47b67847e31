import type { Rng, Weights } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'

/** A network that answers several questions about an image at once: its logits are those of each question, side by side. */
export interface Classifier {
  weights: Weights
  logits(images: tf.Tensor4D): tf.Tensor2D
}

/** Images, and for each question the right answer of each image. */
export interface Examples {
  data: ImageDataset
  /** Number of answers of each question. */
  answers: readonly number[]
  /** answer(i, q) is the answer of image i to question q. */
  answer: (image: number, question: number) => number
}

export interface TrainingOptions {
  rng: Rng
  steps: number
  batch: number
  learningRate: number
  /** What is done to the images before the network sees them. */
  distort: (x: tf.Tensor4D, rng: Rng) => tf.Tensor4D
  log: (line: string) => void
}

/** Train with cross entropy, all questions counting the same, and a rate that falls along half a cosine. */
export async function trainClassifier(net: Classifier, sets: readonly Examples[], options: TrainingOptions) {
  const { rng, steps, batch, learningRate, distort, log } = options
  const variables = [...net.weights.values()]
  const optimizer = tf.train.adam(learningRate) as ReturnType<typeof tf.train.adam> & { learningRate: number }
  let total = 0
  for (let step = 0; step < steps; step++) {
    const set = sets[step % sets.length]!
    const at = rng.fork(step)
    const indices = at.fork('images').integers(batch, set.data.count)
    optimizer.learningRate = (learningRate * (1 + Math.cos((Math.PI * step) / steps))) / 2
    const cost = optimizer.minimize(
      () => {
        const { x } = set.data.batch(indices)
        return crossEntropy(net.logits(distort(x, at.fork('distort'))), set, indices)
      },
      true,
      variables,
    )!
    total += (await cost.data())[0]!
    cost.dispose()
    if ((step + 1) % 200 === 0) {
      log(`step ${step + 1}/${steps}  loss ${(total / 200).toFixed(4)}`)
      total = 0
    }
  }
  optimizer.dispose()
}

function crossEntropy(
  logits: tf.Tensor2D,
  { answers, answer }: Examples,
  indices: Uint32Array | Int32Array,
): tf.Scalar {
  return tf.tidy(() => {
    const each = split(logits, answers).map((part, question) => {
      const targets = Int32Array.from(indices, i => answer(i, question))
      const wanted = tf.oneHot(tf.tensor1d(targets, 'int32'), answers[question]!)
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(wanted, 'float32'), tf.logSoftmax(part)), 1)))
    })
    return tf.addN(each) as tf.Scalar
  })
}

/** The logits of each question. */
export function split(logits: tf.Tensor2D, answers: readonly number[]): tf.Tensor2D[] {
  return answers.length === 1 ? [logits] : (tf.split(logits, [...answers], 1) as tf.Tensor2D[])
}

/** The share of right answers to each question, on images as they are or distorted. */
export async function accuracies(
  net: Classifier,
  { data, answers, answer }: Examples,
  distort: (x: tf.Tensor4D) => tf.Tensor4D = x => x,
): Promise<number[]> {
  const right = answers.map(() => 0)
  for (let first = 0; first < data.count; first += 500) {
    const indices = Array.from({ length: Math.min(500, data.count - first) }, (_, i) => first + i)
    const best = tf.tidy(() =>
      split(net.logits(distort(data.batch(indices).x)), answers).map(part => tf.argMax(part, 1)),
    )
    for (const [question, found] of best.entries()) {
      const values = await found.data()
      for (const [i, value] of values.entries())
        if (value === answer(indices[i]!, question)) right[question]!++
      found.dispose()
    }
  }
  return right.map(count => count / data.count)
}
