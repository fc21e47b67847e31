import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readSafetensors } from '@rectified-flow/checkpoints'
import { type Coupling, createRng, type Weights } from '@rectified-flow/core'
import type { ImageSource } from '@rectified-flow/datasets'
import { createPairStore } from '@rectified-flow/datasets/node'
import {
  generatePairs,
  independentCoupling,
  sample,
  storedCoupling,
  Trainer,
  warmUp,
} from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { type RecipeName, recipe } from '@rectified-flow/reflow/paper'
import { edmVelocity, guided, loadWeights, SongUNet, type SongUNetConfig } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'
import { CLASSES } from './digits.js'

export interface Stage {
  recipe: RecipeName
  steps: number
  batch: number
  learningRate: number
  warmup: number
  emaDecay: number
}

export interface TranslatorSettings {
  seed: number
  /** From this step on, a tenth of the images have no label, so that classifier-free guidance works later. */
  teacher: Stage & { dropLabelsFrom: number }
  /** Pairs of all digits in equal parts, made in this many Euler steps of the teacher, with guidance to their labels. */
  pairs: { count: number; steps: number; seed: number; guidance: number }
  reflow: Stage
  /** Steps between checkpoints. */
  saveEvery: number
}

/**
 * Train a class-conditional 2-rectified flow of digits, from the file of an unconditional teacher: learn the labels from
 * the data, make pairs for every label, straighten the flow on them. Goes on from the checkpoints and pairs in `folder`.
 *
 * @returns  the network and the moving averages of its weights
 */
export async function trainTranslator(
  base: Uint8Array,
  digits: ImageSource,
  settings: TranslatorSettings,
  folder: string,
  onProgress: (line: string) => void = () => {},
): Promise<{ net: SongUNet; ema: Weights }> {
  const rng = createRng(settings.seed)
  await mkdir(folder, { recursive: true })
  const { tensors, metadata } = readSafetensors(base)
  // The teacher's 8 numbers for the noise level are too few to hold ten labels as well: they become 32.
  const wider = { labelDim: CLASSES, channelMultNoise: 4, labelDropout: 0.1 }
  const config = { ...(JSON.parse(metadata.config!) as SongUNetConfig), ...wider }
  const net = new SongUNet(config, { rng: rng.fork('weights') })
  loadWeights(net, tensors, { strict: false }) // the embedding's first layers have other shapes and stay random

  const velocity = (labels?: tf.Tensor2D) => edmVelocity(net, labels ? { classLabels: labels } : {})
  const independent = independentCoupling(digits, { rng: rng.fork('digits') })
  const teacher = await train('teacher', independent, settings.teacher, settings.teacher.dropLabelsFrom)
  for (const [name, average] of teacher.ema) net.weights.get(name)?.assign(average)
  teacher.dispose()

  const { count, steps, seed, guidance } = settings.pairs
  const shape = [config.imgResolution, config.imgResolution, config.outChannels] as const
  const plan = { count, seed, shape, classes: CLASSES, shardSize: 256 }
  const store = await createPairStore(join(folder, 'pairs'), plan)
  await generatePairs(
    store,
    (z, labels) => sample(guided(velocity(labels), velocity(), { scale: guidance }), z, { steps }).x,
    {
      labels: index => index % CLASSES,
      onProgress: (done, all) => onProgress(`pairs ${done}/${all}`),
    },
  )
  const reflow = await train('reflow', storedCoupling(store, { rng: rng.fork('pairs') }), settings.reflow)
  await store.close()
  return { net, ema: reflow.ema }

  async function train(
    stage: string,
    coupling: Coupling,
    { steps, ...options }: Stage,
    dropLabelsFrom = Number.POSITIVE_INFINITY,
  ): Promise<Trainer> {
    const trainer: Trainer = new Trainer({
      velocity: (dropout, classLabels) =>
        edmVelocity(net, {
          ...(trainer.step >= dropLabelsFrom && { training: { rng: dropout } }),
          ...(classLabels && { classLabels }),
        }),
      weights: net.weights,
      coupling,
      ...recipe(options.recipe),
      batch: options.batch,
      learningRate: warmUp(options.learningRate, { steps: options.warmup }),
      emaDecay: () => options.emaDecay,
      rng: rng.fork(stage),
      compile: dropLabelsFrom > steps, // a compiled velocity is the same function in every step
    })
    const checkpoint = join(folder, `${stage}.safetensors`)
    if (existsSync(checkpoint)) await loadTrainer(checkpoint, trainer)
    let [total, begin] = [0, performance.now()]
    while (trainer.step < steps) {
      total += (await trainer.advance()).loss
      const since = trainer.step % settings.saveEvery || settings.saveEvery
      if (since !== settings.saveEvery && trainer.step !== steps) continue
      await saveTrainer(checkpoint, trainer)
      const ms = (performance.now() - begin) / since
      const loss = (total / since).toFixed(4)
      onProgress(`${stage} ${trainer.step}/${steps}  loss ${loss}  ${ms.toFixed(0)} ms a step`)
      ;[total, begin] = [0, performance.now()]
    }
    return trainer
  }
}
