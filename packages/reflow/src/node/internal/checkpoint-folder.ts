import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFileWhole, openSafetensors } from '@rectified-flow/checkpoints/node'
import { checkInt, checkNumber } from '@rectified-flow/core'
import type { Trainer } from '../../trainer.js'
import { countersOf, readTrainerFile, restoreFile, writeTrainerFile } from '../trainer-file.js'

const NAME = /^step-(\d{9})\.safetensors$/
const BEST = 'best.safetensors'

/** A checkpoint's step and, if it has one, its score: lower is better. */
export interface Scored {
  step: number
  score: number
}

/** The checkpoints of a run: the newest few, each named after its step, and a copy of the best. */
export class CheckpointFolder {
  readonly #folder: string
  readonly #settings: string
  readonly #keep: number

  best: Scored | undefined

  private constructor(folder: string, settings: string, keep: number) {
    this.#folder = folder
    this.#settings = settings
    this.#keep = keep
  }

  /** @param settings  the short name of the run's settings; every checkpoint contains it */
  static async open(folder: string, settings: string, keep: number): Promise<CheckpointFolder> {
    await mkdir(folder, { recursive: true })
    return new CheckpointFolder(folder, settings, keep)
  }

  get bestPath(): string {
    return join(this.#folder, BEST)
  }

  path(step: number): string {
    return join(this.#folder, stepName(step))
  }

  /** The steps of all checkpoints, the newest first. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.#folder)
    return names.flatMap(name => (NAME.test(name) ? [Number(name.slice(5, 14))] : [])).sort((a, b) => b - a)
  }

  /**
   * Restore the newest readable checkpoint into the trainer, and finish what a killed run had begun after writing it. Newer
   * ones, which can't be read, are set aside under another name, so that they don't count as the newest.
   *
   * @returns  which files were set aside, and why
   */
  async resume(where: string, trainer: Trainer): Promise<string[]> {
    const problems = new Map<string, string>()
    this.best = await this.#readBest(problems)
    const steps = await this.steps()
    for (const step of steps) {
      try {
        const { score } = await this.#restore(step, trainer)
        const notes = await this.#setAside(problems)
        await this.#tidy(step, score === undefined ? undefined : Number(score))
        return notes
      } catch (error) {
        problems.set(stepName(step), (error as Error).message)
      }
    }
    if (steps.length === 0) return this.#setAside(problems)
    throw new RangeError(
      `${where}: a checkpoint must be readable, got ${steps.length} that are not: ${problems.get(stepName(steps[0]!))}`,
    )
  }

  /**
   * Write a checkpoint, and copy it as the best one if its score is. Then remove all but the newest ones.
   *
   * @returns  the step of the checkpoint
   */
  async save(trainer: Trainer, score?: number): Promise<number> {
    const state = await trainer.state()
    const metadata = { settings: this.#settings, ...(score !== undefined && { score: String(score) }) }
    await writeTrainerFile(this.path(state.step), { state, metadata })
    await this.#tidy(state.step, score)
    return state.step
  }

  async #restore(step: number, trainer: Trainer): Promise<Readonly<Record<string, string>>> {
    const path = this.path(step)
    const { state, metadata } = await readTrainerFile(path)
    this.#checkSettings(path, metadata)
    if (state.step !== step) throw new RangeError(`${path} must hold step ${step}, got ${state.step}.`)
    restoreFile(path, trainer, state)
    return metadata
  }

  #checkSettings(path: string, { settings }: Readonly<Record<string, string>>): void {
    if (settings !== this.#settings) throw new RangeError(`${path} comes from a run with other settings.`)
  }

  async #setAside(problems: ReadonlyMap<string, string>): Promise<string[]> {
    const notes: string[] = []
    for (const [name, problem] of problems) {
      const aside = `damaged-${name}`
      await rename(join(this.#folder, name), join(this.#folder, aside))
      notes.push(`${join(this.#folder, name)} is set aside as ${aside}: ${problem}`)
    }
    return notes
  }

  /** The work after a checkpoint is written or restored: copy it if it is the best, remove older ones. */
  async #tidy(step: number, score?: number): Promise<void> {
    if (score !== undefined && Number.isFinite(score) && !(this.best && this.best.score <= score)) {
      this.best = { step, score }
      await copyFileWhole(this.path(step), this.bestPath)
    }
    const older = (await this.steps()).filter(other => other < step)
    // On Windows a file that another program has open can't be removed: the next save tries again.
    for (const old of older.slice(this.#keep - 1)) await rm(this.path(old), { force: true }).catch(() => {})
  }

  /** The best checkpoint's step and score, by its header alone. */
  async #readBest(problems: Map<string, string>): Promise<Scored | undefined> {
    if (!(await readdir(this.#folder)).includes(BEST)) return undefined
    try {
      const file = await openSafetensors(this.bestPath)
      await file.close()
      const { step } = countersOf(this.bestPath, file.metadata)
      this.#checkSettings(this.bestPath, file.metadata)
      const score = Number(file.metadata.score ?? Number.NaN)
      checkInt(this.bestPath, 'step', step, 0)
      checkNumber(this.bestPath, 'score', score)
      return { step, score }
    } catch (error) {
      problems.set(BEST, (error as Error).message)
      return undefined
    }
  }
}

/** The name of a step's checkpoint. */
export const stepName = (step: number) => `step-${String(step).padStart(9, '0')}.safetensors`
