import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFileWhole, openSafetensors } from '@rectified-flow/checkpoints/node'
import type { Trainer } from '../../trainer.js'
import { loadTrainer, saveTrainer } from '../trainer-file.js'

const NAME = /^step-(\d{9})\.safetensors$/

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
    const checkpoints = new CheckpointFolder(folder, settings, keep)
    checkpoints.best = await readScore(checkpoints.bestPath)
    return checkpoints
  }

  get bestPath(): string {
    return join(this.#folder, 'best.safetensors')
  }

  path(step: number): string {
    return join(this.#folder, `step-${String(step).padStart(9, '0')}.safetensors`)
  }

  /** The steps of all checkpoints, the newest first. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.#folder)
    return names
      .flatMap(name => (NAME.exec(name)?.[1] ? [Number(NAME.exec(name)?.[1])] : []))
      .sort((a, b) => b - a)
  }

  /**
   * Restore the newest readable checkpoint into the trainer, and finish what a killed run had begun after writing it.
   *
   * @returns  why newer checkpoints could not be used
   */
  async resume(where: string, trainer: Trainer): Promise<string[]> {
    const problems: string[] = []
    const steps = await this.steps()
    for (const step of steps) {
      try {
        const { settings } = await loadTrainer(this.path(step), trainer)
        if (settings === this.#settings) {
          await this.#tidy(step, (await readScore(this.path(step)))?.score)
          return problems
        }
        problems.push(`${this.path(step)} comes from a run with other settings.`)
      } catch (error) {
        problems.push((error as Error).message)
      }
    }
    if (steps.length > 0)
      throw new RangeError(
        `${where}: a checkpoint must be readable, got ${steps.length} that are not: ${problems[0]}`,
      )
    return problems
  }

  /** Write a checkpoint, and copy it as the best one if its score is. Then remove all but the newest ones. */
  async save(trainer: Trainer, score?: number): Promise<void> {
    await saveTrainer(this.path(trainer.step), trainer, {
      metadata: { settings: this.#settings, ...(score !== undefined && { score: String(score) }) },
    })
    await this.#tidy(trainer.step, score)
  }

  /** The work after a checkpoint is written: copy it if it is the best, remove old ones. */
  async #tidy(step: number, score?: number): Promise<void> {
    if (score !== undefined && Number.isFinite(score) && !(this.best && this.best.score <= score)) {
      this.best = { step, score }
      await copyFileWhole(this.path(step), this.bestPath)
    }
    for (const old of (await this.steps()).slice(this.#keep)) await rm(this.path(old), { force: true })
  }
}

async function readScore(path: string): Promise<Scored | undefined> {
  const file = await openSafetensors(path).catch(() => undefined)
  await file?.close()
  const { score, state } = file?.metadata ?? {}
  return score && state
    ? { score: Number(score), step: (JSON.parse(state) as { step: number }).step }
    : undefined
}
