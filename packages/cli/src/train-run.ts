import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { BackendName } from '@rectified-flow/backends'
import { createRng, type Rng } from '@rectified-flow/core'
import { Flow } from '@rectified-flow/flow'
import { shippedFile } from '@rectified-flow/flow/node'
import { prefetch, Trainer } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { configFromReference, createUNet, edmVelocity, presets, saveUNet } from '@rectified-flow/unet'
import { startBackend } from './backend-option.js'
import { checkOutput } from './check-output.js'
import { withSizeOfData } from './config-of-data.js'
import { inside, readInput } from './input-file.js'
import { learningRateOf } from './learning-rate.js'
import { objectiveOf } from './objective.js'
import { openCoupling } from './open-coupling.js'
import { readNetwork } from './open-network.js'
import { previewRun } from './preview-run.js'
import { withProgress } from './progress.js'
import { joinRanks, RANK_SIGNALS } from './ranks.js'
import { recentLoss } from './recent-loss.js'
import { tuneRun } from './run-tuning.js'
import type { TrainConfig } from './train-config.js'
import { validationOf } from './validation.js'
import { say, warn } from './warn.js'
import { writeOutput } from './write-output.js'

export interface TrainRunOptions {
  /** The run's folder. */
  out: string
  resume: 'auto' | 'must' | 'never'
  backend?: BackendName
}

/** The exit code of a run that was told to stop: EX_TEMPFAIL, "call again". It is not 0, because the run has not finished. */
const STOPPED = 75

/** The training run of a configuration, in a folder, from where it stopped. */
export async function trainRun(given: TrainConfig, flags: TrainRunOptions): Promise<void> {
  const ranks = await joinRanks()
  if (ranks.rank === 0) await checkOutput('--out', flags.out, 'folder')
  const config = await withSizeOfData(given)
  const { name } = await startBackend(flags.backend, config.precision)
  const rng = createRng(config.seed)
  const { net, classNames } = await openNet(config, rng.fork('weights'))
  const source = await openCoupling(config, net.config, rng.fork('coupling'))
  const coupling = prefetch(source.coupling)
  const trainer = new Trainer({
    velocity: (stepRng, classLabels) => edmVelocity(net, { classLabels, training: { rng: stepRng } }),
    weights: net.weights,
    coupling,
    ...(await objectiveOf(config)),
    rng: rng.fork('training'),
    batch: config.batch,
    microBatches: config.microBatches,
    learningRate: learningRateOf(config),
    beta1: config.beta1,
    beta2: config.beta2,
    epsilon: config.epsilon,
    weightDecay: config.weightDecay,
    emaDecay: config.emaDecay,
    ...(config.clipNorm && { clipNorm: config.clipNorm }),
    communicator: ranks,
  })
  try {
    if (name === 'webgpu' && ranks.size === 1) await tuneRun(flags.out, trainer, config.precision)
    const { steps, saveEvery, logEvery, previewEvery } = config
    const settings = { ...decidingSettings(config), ...(await initialHash(config)) }
    const lately = recentLoss()
    const result = await withProgress({ title: 'train', total: steps, unit: 'steps' }, update =>
      train(trainer, {
        folder: flags.out,
        steps,
        settings,
        resume: flags.resume,
        saveEvery,
        logEvery,
        previewEvery,
        ...validationOf(config, source.heldOut),
        preview: () => previewRun(net, trainer, config),
        onResume({ step, path }) {
          say(`continues at step ${step.toLocaleString('en')} of ${steps.toLocaleString('en')} from ${path}`)
          update(step)
        },
        onStep(step) {
          lately.add(step)
          update(step.step, lately.note)
        },
        onWarning: warn,
        ...(ranks.size > 1 && { stopSignals: RANK_SIGNALS }),
      }),
    )
    if (!result.finished) process.exitCode = STOPPED
    if (ranks.rank > 0) return ranks.finalize() // waits for rank 0
    const weights = join(flags.out, 'network.safetensors')
    await writeOutput(
      weights,
      await saveUNet(net, { weights: trainer.ema, classNames: source.classNames ?? classNames }),
    )
    console.log(
      result.finished
        ? `${result.step} steps done; the moving average of the weights is ${weights}`
        : `stopped after ${result.step} of ${steps} steps; the same command goes on`,
    )
    ranks.finalize()
  } finally {
    await coupling.dispose()
    await source.close()
    trainer.dispose()
    net.dispose()
  }
}

/** The settings that decide the numbers of a step: a run goes on only with the same. */
function decidingSettings(config: TrainConfig): Record<string, unknown> {
  const {
    steps,
    saveEvery,
    logEvery,
    previewEvery,
    validateEvery,
    validationBatches,
    patience,
    minDelta,
    maxBytes,
    ...rest
  } = config
  return { ...rest, ...(config.schedule !== 'constant' && { steps }) } // a rate that falls ends at the last step
}

/** A network with initial weights, or with weights drawn from the seed. A run that is resumed replaces both. */
async function openNet({ network, maxBytes }: TrainConfig, rng: Rng): Promise<Flow> {
  const { initial, config, preset, prefix, dropout, labelDropout } = network
  const fromConfig = config && (await inside('network.config', () => configFromReference(config)))
  const given = fromConfig ?? (preset && presets[preset])
  if (initial === undefined)
    return new Flow(
      createUNet(
        {
          ...given!,
          ...(dropout !== undefined && { dropout }),
          ...(labelDropout !== undefined && { labelDropout }),
        },
        { rng },
      ),
    )
  return readNetwork(shippedFile(initial) ?? initial, {
    config: given,
    prefix,
    dropout,
    labelDropout,
    maxBytes,
    name: 'network.initial',
    hint: 'network.config or network.preset',
  })
}

/** The hash of the file that training starts from: the file of this name may change before the run is resumed. */
async function initialHash({ network: { initial } }: TrainConfig): Promise<{ initialSha256?: string }> {
  if (initial === undefined) return {}
  return {
    initialSha256: createHash('sha256')
      .update(await readInput('network.initial', shippedFile(initial) ?? initial))
      .digest('hex'),
  }
}
