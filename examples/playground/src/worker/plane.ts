import { type Coupling, createRng, type Field, type Rng, type Weights } from '@rectified-flow/core'
import {
  independentCoupling,
  sample,
  sampleTrajectory,
  storedCoupling,
  straightness,
} from '@rectified-flow/reflow'
import * as tf from '@tensorflow/tfjs-core'
import { breathe } from './breathe.js'
import { type Distance, energyDistanceTo } from './energy-distance.js'
import { copyWeights, createWeights, packWeights, unpackWeights, velocityOf } from './mlp.js'
import type {
  ErrorPoint,
  PairsView,
  Paths,
  Place,
  PlaneSettings,
  Progress,
  TrainingSettings,
  ViewSettings,
} from './plane-messages.js'
import { drawPoints } from './point-sets.js'
import { read } from './read.js'
import { samplerOptions } from './solvers.js'
import { pathThrough } from './through.js'
import { createTrainer } from './training.js'

/** Number of pairs that a round learns from, and of particles that errors are measured with. */
const POINTS = 8192
/** Number of data points that these particles are compared with. */
const REFERENCE = 32768
/** Number of particles that are shown. */
const PARTICLES = 512
/** Number of pairs that the page gets. */
const PAIRS = 4096
/** How a flow makes pairs, and the steps of the paths that straightness is measured on. */
const TEACHER = { solver: 'euler', nfe: 32 } as const
/** Number of particles that straightness is measured on. */
const STRAIGHT = 1024
/** Training steps from one report to the next, and network calls of the paths in a report. */
const REPORT_EVERY = 20
const FRAME = { solver: 'euler', nfe: 16 } as const

/** The pairs that a flow learns from. */
interface Source {
  pairs: PairsView
  coupling: Coupling<tf.Tensor2D>
  /** The tensors that the coupling draws from. */
  tensors: tf.Tensor[]
}

/** One flow of a series. */
interface Round {
  weights: Weights
  trained: boolean
  /** Made when the flow is trained: a series that has been trained before may only be looked at. */
  source?: Source
  /** Only while it is trained: the moving averages of the weights, which views use. */
  averages?: Weights | undefined
}

/** A rectified flow in the plane, and the rounds of Reflow that straighten it. */
export class Plane {
  readonly #settings: PlaneSettings
  readonly #rng: Rng
  readonly #rounds: Round[]
  #distanceToData: ((points: Float32Array) => Distance) | undefined
  #running: Promise<unknown> = Promise.resolve()
  #trainings = 0
  #stopping = false
  #disposed = false

  /** @param trained  weights of flows that have been trained before, as `save` gives them */
  constructor(settings: PlaneSettings, trained: readonly Float32Array[] = []) {
    this.#settings = settings
    this.#rng = createRng(settings.seed)
    this.#rounds = trained.map(packed => ({ weights: unpackWeights(packed), trained: true }))
    if (trained.length === 0)
      this.#rounds.push({ weights: createWeights(this.#rng.fork('weights')), trained: false })
  }

  /** The weights of each trained flow. */
  save(): Promise<Float32Array[]> {
    return Promise.all(this.#rounds.filter(one => one.trained).map(({ weights }) => packWeights(weights)))
  }

  /** Some of the pairs that a round learns from; undefined where `stop` was called. */
  async pairs(round: number): Promise<PairsView | undefined> {
    const shown = (values: Float32Array) => values.slice(0, 2 * PAIRS)
    const { source } = this.#round(round)
    if (source) return { z: shown(source.pairs.z), x: shown(source.pairs.x) }
    const z = shown(this.#noise(round))
    const x = round === 0 ? shown(this.#data()) : await this.#arrivals(this.#field(round - 1), z, TEACHER)
    return x && { z, x }
  }

  /** Continue the training of the last flow, until the steps are done or `stop` is called. */
  train(settings: TrainingSettings, onProgress: (progress: Progress) => void): Promise<void> {
    return this.#start(() => this.#train(settings, onProgress))
  }

  async #train(settings: TrainingSettings, onProgress: (progress: Progress) => void): Promise<void> {
    const index = this.#rounds.length - 1
    const round = this.#round(index)
    const source = await this.#source(index)
    if (!source) return
    const rng = this.#rng.fork('training').fork(this.#trainings++)
    const trainer = createTrainer(round.weights, source.coupling, settings, rng)
    round.averages = trainer.ema
    round.trained = true
    try {
      let [total, count, begin] = [0, 0, performance.now()]
      while (trainer.step < settings.steps && !this.#stopping) {
        total += (await trainer.advance()).loss
        count++
        await breathe()
        if (trainer.step % REPORT_EVERY > 0 && trainer.step < settings.steps && !this.#stopping) continue
        const numbers = { step: trainer.step, steps: settings.steps, loss: total / count }
        const stepMs = (performance.now() - begin) / count
        onProgress({ round: index, ...numbers, stepMs, frame: await this.view({ round: index, ...FRAME }) })
        ;[total, count, begin] = [0, 0, performance.now()]
      }
    } finally {
      for (const [name, average] of trainer.ema) round.weights.get(name)?.assign(average)
      round.averages = undefined
      trainer.dispose()
    }
  }

  /**
   * Let the last flow make pairs, and add a new flow that learns from them and starts from the last flow's weights.
   *
   * @returns  whether there is a new flow: there is none where `stop` was called
   */
  reflow(): Promise<boolean> {
    return this.#start(() => this.#reflow())
  }

  async #reflow(): Promise<boolean> {
    const last = this.#rounds.length - 1
    const copies = copyWeights(this.#round(last).weights)
    this.#rounds.push({ weights: copies, trained: false })
    if (await this.#source(last + 1)) return true
    this.#rounds.pop()
    tf.dispose([...copies.values()])
    return false
  }

  /** The paths of the shown particles, which have the same noise in every flow. */
  async view({ round, ...how }: ViewSettings): Promise<Paths> {
    const field = this.#field(round)
    const tensor = tf.tidy(() => {
      const z = points(this.#rng.fork('particles').normals(2 * PARTICLES))
      return tf.stack(sampleTrajectory(field, z, samplerOptions(how)).states)
    })
    const flat = await read(tensor)
    return Array.from({ length: tensor.shape[0]! }, (_, i) =>
      flat.slice(2 * PARTICLES * i, 2 * PARTICLES * (i + 1)),
    )
  }

  /** The path through a place, at evenly falling times. */
  async through(round: number, place: Place): Promise<Float32Array> {
    const field = this.#field(round)
    return read(pathThrough(field, place))
  }

  /** How far from straight the paths are: 0 is a straight line at constant speed. */
  async straightness(round: number): Promise<number> {
    const field = this.#field(round)
    const bend = tf.tidy(() => {
      const z = points(this.#rng.fork('straight').normals(2 * STRAIGHT))
      return tf.mean(straightness(sampleTrajectory(field, z, { steps: TEACHER.nfe }).states))
    })
    return (await read(bend))[0]!
  }

  /** How far from the data particles end; undefined where `stop` is called meanwhile. */
  async error({ round, ...how }: ViewSettings): Promise<ErrorPoint | undefined> {
    const { weights, averages = weights } = this.#round(round)
    const measured = await this.measure(averages, how)
    if (!measured) return undefined
    const { ends: _, ...error } = measured
    return error
  }

  /** Where particles end with such weights, and how far from the data that is; undefined where `stop` is called meanwhile. */
  async measure(
    weights: Weights,
    how: Omit<ViewSettings, 'round'>,
  ): Promise<(ErrorPoint & { ends: Float32Array }) | undefined> {
    const { data, ink } = this.#settings
    this.#distanceToData ??= energyDistanceTo(drawPoints(data, REFERENCE, this.#rng.fork('reference'), ink))
    const arrived = await this.#arrivals(
      velocityOf(weights),
      this.#rng.fork('measured').normals(2 * POINTS),
      how,
    )
    return (
      arrived && { nfe: how.nfe, ...this.#distanceToData(arrived), ends: arrived.slice(0, 2 * PARTICLES) }
    )
  }

  /** The start of another 2-rectified flow: weights of the first flow, which the caller owns, and the pairs that it made. */
  async secondFlow(): Promise<{ weights: Weights; coupling: Coupling<tf.Tensor2D> } | undefined> {
    const source = await this.#source(1)
    return source && { weights: copyWeights(this.#round(0).weights), coupling: source.coupling }
  }

  /** Stop what runs; resolves when it has ended. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#stopping = true
    await running.catch(() => {})
    if (running === this.#running) this.#stopping = this.#disposed
  }

  async dispose(): Promise<void> {
    this.#disposed = true
    await this.stop()
    for (const { weights, source } of this.#rounds)
      tf.dispose([...weights.values(), ...(source?.tensors ?? [])])
  }

  #start<T>(work: () => Promise<T>): Promise<T> {
    this.#stopping = this.#disposed
    const running = work()
    this.#running = running
    return running
  }

  /** The pairs that a round learns from; undefined where `stop` was called. */
  async #source(index: number): Promise<Source | undefined> {
    const round = this.#round(index)
    round.source ??= index === 0 ? this.#randomPairs() : await this.#ownPairs(index)
    return round.source
  }

  /** Noise and data that are independent. */
  #randomPairs(): Source {
    const pairs = { z: this.#noise(0), x: this.#data() }
    const tensor = points(pairs.x)
    const coupling = independentCoupling(tensor, { rng: this.#rng.fork('pairs') })
    return { pairs, coupling, tensors: [tensor] }
  }

  /** Noise, and the data that the flow of the round before makes of it. */
  async #ownPairs(index: number): Promise<Source | undefined> {
    const z = this.#noise(index)
    const x = await this.#arrivals(this.#field(index - 1), z, TEACHER)
    if (!x) return undefined
    const tensors = { x: points(x), z: points(z) }
    const coupling = storedCoupling(tensors, { rng: this.#rng.fork('pairs').fork(index) })
    return { pairs: { z, x }, coupling, tensors: Object.values(tensors) }
  }

  #data(): Float32Array {
    const { data, ink } = this.#settings
    return drawPoints(data, POINTS, this.#rng.fork('data'), ink)
  }

  #noise(round: number): Float32Array {
    return this.#rng
      .fork('noise')
      .fork(round)
      .normals(2 * POINTS)
  }

  /** Where noise arrives, in parts between which messages are handled; undefined where `stop` was called. */
  async #arrivals(
    field: Field<tf.Tensor2D>,
    z: Float32Array,
    how: Omit<ViewSettings, 'round'>,
  ): Promise<Float32Array | undefined> {
    const x = new Float32Array(z.length)
    const part = z.length / 8
    for (let at = 0; at < z.length; at += part) {
      const ends = tf.tidy(() => sample(field, points(z.subarray(at, at + part)), samplerOptions(how)).x)
      x.set(await read(ends), at)
      await breathe()
      if (this.#stopping) return undefined
    }
    return x
  }

  #field(round: number): Field<tf.Tensor2D> {
    const { weights, averages = weights } = this.#round(round)
    return velocityOf(averages)
  }

  #round(index: number): Round {
    return this.#rounds[Math.min(index, this.#rounds.length - 1)]!
  }
}

const points = (values: Float32Array) => tf.tensor2d(values, [values.length / 2, 2])
