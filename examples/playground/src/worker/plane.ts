import { type Coupling, createRng, type Rng, type Weights } from '@rectified-flow/core'
import { pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { euler, heun, type Method, midpoint, rk4 } from '@rectified-flow/ode'
import {
  independentCoupling,
  sample,
  sampleTrajectory,
  storedCoupling,
  straightness,
  Trainer,
} from '@rectified-flow/reflow'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'
import type { SolverName } from '../choices.js'
import { breathe } from './breathe.js'
import { energyDistanceTo } from './energy-distance.js'
import { createWeights, velocityOf } from './mlp.js'
import type {
  PairsView,
  PlaneSettings,
  Progress,
  TrainingSettings,
  View,
  ViewSettings,
} from './plane-messages.js'
import { drawPoints } from './point-sets.js'

const POINTS = 8192
const PARTICLES = 700
const TEACHER_STEPS = 32
/** Number of data points that particles are compared with. */
const COMPARED = 2048
/** Number of particles that straightness is measured on. */
const MEASURED = 200
const REPORT_MS = 250
const TRAINING = { batch: 256, learningRate: 2e-3, emaDecay: 0.99 }

const methods: Record<SolverName, { method: Method; calls: number }> = {
  euler: { method: euler, calls: 1 },
  heun: { method: heun, calls: 2 },
  midpoint: { method: midpoint, calls: 2 },
  rk4: { method: rk4, calls: 4 },
}

/** One flow of a series: the pairs that it learns from, and its weights. */
interface Round {
  pairs: PairsView
  coupling: Coupling<tf.Tensor2D>
  /** The tensors that the coupling draws from. */
  tensors: tf.Tensor[]
  weights: Weights
  /** Only while it is trained: the moving averages of the weights, which views use. */
  averages?: Weights
}

/** A rectified flow in the plane, and the rounds of Reflow that straighten it. */
export class Plane {
  readonly #rng: Rng
  readonly #data: Float32Array
  readonly #distanceToData: (points: Float32Array) => number
  readonly #rounds: Round[]
  #training: Promise<void> = Promise.resolve()
  #trainings = 0
  #stopping = false
  #viewed: ViewSettings = { round: 0, solver: 'euler', nfe: 8 }

  constructor({ data, ink, seed }: PlaneSettings) {
    this.#rng = createRng(seed)
    this.#data = drawPoints(data, POINTS, this.#rng.fork('data'), ink)
    this.#distanceToData = energyDistanceTo(this.#data.slice(0, 2 * COMPARED))
    // Random pairs: noise and data are independent.
    const pairs = { z: this.#rng.fork('noise').normals(2 * PARTICLES), x: this.#data }
    const tensor = points(this.#data)
    const coupling = independentCoupling(tensor, { rng: this.#rng.fork('pairs') })
    this.#rounds = [{ pairs, coupling, tensors: [tensor], weights: createWeights(this.#rng.fork('weights')) }]
  }

  /** As many pairs that a round learns from as there are particles. */
  pairs(round: number): PairsView {
    const { z, x } = this.#round(round).pairs
    return { z: z.slice(0, 2 * PARTICLES), x: x.slice(0, 2 * PARTICLES) }
  }

  /** Continue the training of the last flow, until the steps are done or `stop` is called. */
  train(settings: TrainingSettings, onProgress: (progress: Progress) => void): Promise<void> {
    this.#stopping = false
    this.#training = this.#run(settings, onProgress)
    return this.#training
  }

  async #run(settings: TrainingSettings, onProgress: (progress: Progress) => void): Promise<void> {
    const index = this.#rounds.length - 1
    const round = this.#round(index)
    const trainer = new Trainer({
      velocity: () => velocityOf(round.weights),
      weights: round.weights,
      coupling: round.coupling,
      timesteps: timestepDistributions[settings.timesteps].make({}),
      premetric: settings.loss === 'squaredL2' ? squaredL2 : pseudoHuber(),
      rng: this.#rng.fork('training').fork(this.#trainings++),
      ...TRAINING,
    })
    round.averages = trainer.ema
    try {
      let [total, count, begin] = [0, 0, performance.now()]
      while (trainer.step < settings.steps && !this.#stopping) {
        total += (await trainer.advance()).loss
        count++
        await breathe()
        const elapsed = performance.now() - begin
        if (elapsed < REPORT_MS && trainer.step < settings.steps && !this.#stopping) continue
        const { step } = trainer
        const numbers = {
          round: index,
          step,
          steps: settings.steps,
          loss: total / count,
          stepMs: elapsed / count,
        }
        onProgress({ ...numbers, view: await this.view({ ...this.#viewed, round: index }) })
        ;[total, count, begin] = [0, 0, performance.now()]
      }
    } finally {
      for (const [name, average] of trainer.ema) round.weights.get(name)?.assign(average)
      round.averages = undefined
      trainer.dispose()
    }
  }

  /** Let the last flow make pairs, and add a new flow that learns from them and starts from the last flow's weights. */
  async reflow(): Promise<void> {
    const { weights } = this.#round(this.#rounds.length - 1)
    const rng = this.#rng.fork('reflow').fork(this.#rounds.length)
    const z = rng.fork('noise').normals(2 * POINTS)
    const x = new Float32Array(z.length)
    const chunk = z.length / 4
    for (let at = 0; at < z.length; at += chunk) {
      const noise = points(z.subarray(at, at + chunk))
      const { x: drawn } = sample(velocityOf(weights), noise, { steps: TEACHER_STEPS })
      x.set(await drawn.data<'float32'>(), at)
      tf.dispose([noise, drawn])
      await breathe()
    }
    const tensors = { x: points(x), z: points(z) }
    const copies = new Map(
      [...weights].map(([name, value]) => [name, tf.tidy(() => tf.variable(tf.add(value, 0)))]),
    )
    const coupling = storedCoupling(tensors, { rng })
    this.#rounds.push({ pairs: { z, x }, coupling, tensors: Object.values(tensors), weights: copies })
  }

  async view(settings: ViewSettings): Promise<View> {
    this.#viewed = settings
    const { method, calls } = methods[settings.solver]
    const steps = Math.max(1, Math.floor(settings.nfe / calls))
    const { weights, averages = weights } = this.#round(settings.round)
    const field = velocityOf(averages)
    let nfe = 0
    const tensors = tf.tidy(() => {
      const z = points(this.#rng.fork('particles').normals(2 * PARTICLES))
      // A step to t = 0 is always an Euler step. End just before, so that the chosen method makes every step.
      const path = sampleTrajectory(field, z, { method, steps, startTime: 1, endTime: 1e-5, noiseScale: 1 })
      const even = sampleTrajectory(field, tf.slice(z, 0, MEASURED), { steps: TEACHER_STEPS })
      nfe = path.nfe
      return [tf.stack(path.states), sample(field, z).x, tf.mean(straightness(even.states))]
    })
    const [flat, once, bend] = (await Promise.all(tensors.map(tensor => tensor.data<'float32'>()))) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    tf.dispose(tensors)
    const states = Array.from({ length: steps + 1 }, (_, i) =>
      flat.slice(2 * PARTICLES * i, 2 * PARTICLES * (i + 1)),
    )
    return {
      states,
      nfe,
      straightness: bend[0]!,
      distance: this.#distanceToData(states[steps] as Float32Array),
      oneStepDistance: this.#distanceToData(once),
    }
  }

  /** Stop a running training; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#training.catch(() => {})
  }

  async dispose(): Promise<void> {
    await this.stop()
    for (const { weights, tensors } of this.#rounds) tf.dispose([...weights.values(), ...tensors])
  }

  #round(index: number): Round {
    return this.#rounds[Math.min(index, this.#rounds.length - 1)]!
  }
}

const points = (values: Float32Array) => tf.tensor2d(values, [values.length / 2, 2])
