import { growth, type StepControl, shrinkage } from '../step-control.js'

/** The limits of a lane's steps. */
export interface Limits {
  control: StepControl
  /** The error of a step falls as h^k. */
  k: number
  minStep: number
  maxStep: number
}

/** Why a lane ended before the span's end: it took maxSteps, its steps became too short, or its state or velocity isn't finite. */
export type SolverLimit = 'steps' | 'short' | 'non-finite'

/** The time of one lane, and the size of its next step. Step sizes are positive; `end` gives the direction. */
export class Lane {
  readonly #end: number
  readonly #limits: Limits

  done = false
  /** Stopped by an event, before the end. */
  stopped = false
  limit: SolverLimit | undefined
  accepted = 0
  rejected = 0
  nfe = 0
  /** Errors of the last accepted steps, the latest first. */
  #past: [number, number] = [1, 1]
  #retrying = false

  constructor(
    public t: number,
    end: number,
    /** Size of the next step. */
    public h: number,
    limits: Limits,
  ) {
    this.#end = end
    this.#limits = limits
  }

  /** The shortest step allowed: minStep, but long enough that rounding t + h keeps most of h. */
  get shortest(): number {
    return Math.max(this.#limits.minStep, 10 * Number.EPSILON * Math.abs(this.t))
  }

  get remaining(): number {
    return Math.abs(this.#end - this.t)
  }

  /** Where the next step ends; `t` itself for a lane that is done. */
  next(): number {
    if (this.done) return this.t
    if (!this.#retrying) this.h = Math.max(this.shortest, Math.min(this.#limits.maxStep, this.h))
    return this.h >= this.remaining ? this.#end : this.t + Math.sign(this.#end - this.t) * this.h
  }

  /** Accept or reject a step to tNext by its error, and set the next step's size. Returns true if it is accepted. */
  judge(tNext: number, error: number): boolean {
    const { control, k } = this.#limits
    const h = Math.abs(tNext - this.t)
    if (!(error < 1)) {
      this.h = h * shrinkage(control, k, error)
      this.#retrying = true
      this.rejected++
      return false
    }
    const factor = growth(control, k, [error, ...this.#past])
    this.h = h * (this.#retrying ? Math.min(1, factor) : factor)
    this.#past = [Math.max(error, 1e-4), this.#past[0]]
    this.#retrying = false
    this.accepted++
    this.t = tNext
    this.done = tNext === this.#end
    return true
  }

  /** True if the step has become too short to go on. */
  get stuck(): boolean {
    return !this.done && this.#retrying && this.h < this.shortest
  }

  /** End where it is, before the span's end. */
  giveUp(limit: SolverLimit): void {
    this.limit = limit
    this.done = true
  }

  /** End at t, inside the step that was just accepted. */
  stop(t: number): void {
    this.t = t
    this.done = true
    this.stopped = true
  }
}
